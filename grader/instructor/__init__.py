"""What instructors use besides nbgrader.

bundle       `grader bundle`: the archive that students get; `given` holds its own README and Makefile
feedback     `nbgrader generate_feedback`: nbconvert's pages, for a third of the time
export       `nbgrader export`: grades.csv, in which no name is a formula
results      what became of an assignment, from the gradebook and the graded notebooks, behind
  report       `grader report`: a page on it, filled into report.html.j2
"""
