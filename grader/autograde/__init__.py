"""nbgrader plug-ins, named in nbgrader_config.py, that grade notebooks nobody trusts. On the way of a submission:

batch       one run of `nbgrader autograde`: its exporter looks for the sandbox and points the run at clean copies
staging     a clean copy of what was handed in: regular files, and a notebook that opens
restore     the notebook in the form that the assignment had, from the master in the gradebook
execute     runs it with a file of questions:
  runner      starts the sandbox, reads what comes out, up to a size and a time
  sandbox     bubblewrap's command line
  cgroup      limits that hold for all processes together
  limits      the one table of limits
  inside      the other end, in the sandbox: feeds the cells to a kernel
  outputs     what is taken from what came out
judge       compares the answers, writes the reports and scores, flags what the instructor should see
record      what was judged, as data in the graded notebook, for `grader report`
bound       keeps the feedback page small
"""
