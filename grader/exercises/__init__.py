"""What students may read of every exercise: `ASSIGNMENT/CHAPTER.py`, found by these names (see `grader.assignments`).

A chapter holds its targets, how each is run, worded and drawn, and its exercises with their cases by hand; its secret half
lies on the instructor's machine, in `solutions/ASSIGNMENT/CHAPTER.py`. CHAPTER.mistakes.json is built: what known wrong
solutions answer to its visible cases (see `grader.diagnosis`). Modules are no chapters if their name begins with _:
the chapters of one assignment share them. `batch` and `plane`, beside this one, are for all. All of the grader that knows
the subject is in this folder.
"""

# Libraries that hold what the exercises ask for.
LIBRARIES = (
    "catalyst.contrib.data.sampler_inbatch",
    "catalyst.contrib.losses",
    "oml",
    "pytorch_metric_learning",
)
