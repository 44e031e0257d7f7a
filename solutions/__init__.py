"""Reference solutions, for instructors: students' notebooks and the grading sandbox never see this package."""
