"""nbgrader plug-ins, named in nbgrader_config.py, that grade notebooks nobody trusts. In the order of their work:

collect     unpacks what was handed in, for `nbgrader zip_collect`
batch       one run of `nbgrader autograde`: looks for the sandbox, and points the run at clean copies
staging     makes the clean copies: regular files, and notebooks that open
restore     puts a notebook into the form that the assignment had, from the master in the gradebook
execute     runs it in the sandbox (the folder `sandbox`) with a file of questions
judge       compares the answers, writes reports and scores, flags what the instructor should see
truncate    keeps the feedback page small

grading     what these steps tell each other about a notebook
record      what is kept of it, as data in the graded notebook, for `grader report`
"""
