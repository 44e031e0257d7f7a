"""nbgrader plug-ins, named in nbgrader_config.py, that grade notebooks nobody trusts. In the order of their work:

collect     takes out of archives what was handed in, for `nbgrader zip_collect`
run         one run of `nbgrader autograde` or `grader autograde`: looks for the sandbox, then has submissions copied,
            graded and entered
staging     makes the clean copies: regular files, and notebooks that open
restore     puts a notebook into the form that the assignment had, from the master in the gradebook
execute     runs it in the sandbox (the folder `sandbox`) with a file of questions
judge       compares the answers, writes reports and scores, flags what the instructor should see
truncate    keeps the feedback page small
writing     enters what was graded into the course, all of it or nothing

A run has recourse to

work        what of this travels to where it is graded, and back; and grading itself, which needs nothing else
workers     grades with many processes at once
cluster     Dask's workers, of this machine or of a scheduler's
tasks       what a worker does
versions    what it must have in common with the run
progress    how far the run has come
lock        one run a course
finding     which file is the notebook that was asked for
archives    what lies in archives, read in memory
texts       answers in writing, as they were typed, with their pictures
settings    which of nbgrader's own do nothing here
folders     who handed in, what is due, and what the masters say
carried     what nbgrader keeps beside the work: its time, and the secret of its feedback
book        the gradebook, opened once and saved once for each submission
gradebook   waits while another program has it locked
ending      what a signal ends puts its things away
logs        shows in the log what cannot be printed as escapes

grading     what these steps tell each other about a notebook
record      what is kept of it, as data in the graded notebook, for `grader report`
"""
