"""nbgrader plug-ins, named in nbgrader_config.py: execute a notebook so that it answers, judge its answers, and flag
for the instructor what could not be judged. Each is a preprocessor that does one thing to one notebook.
"""
