"""What students use: in a notebook, in a terminal, with pytest.

check        in a notebook: check, hint, ready, progress
progress     the table of all parts
run          a whole notebook on the visible cases, behind
  terminal     `grader check [--watch]`
  pytest_plugin, submission_cases   `pytest --submission`
submit       `grader submit`: what will be graded, and the archive to hand in
doctor       `grader doctor`: what is missing on this machine
hiding       what lies beside a notebook and hides a module from it
"""
