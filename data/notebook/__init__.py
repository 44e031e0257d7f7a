"""What the notebooks show and keep."""
