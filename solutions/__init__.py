"""What is never given out: the secret halves of the exercises, the masters of the notebooks, the instructor's tools.

Students' notebooks and the kernel that grades them never see this package; `grader` asks it for hidden cases in one place.

`solutions/ASSIGNMENT/CHAPTER.py` mirrors `grader/exercises/ASSIGNMENT/CHAPTER.py` and is found by that name. It holds, in
this order,

1. the reference: classes and functions with the names of the chapter's targets, written to be read;
2. PLAIN: target -> the text of a second right solution, slow and plain. It may use torch, nn, IInbatchTripletSampler and
   the plain solutions of its assignment, and nothing of the reference, which does not know it either. What it answers in
   float64 is what hidden cases expect;
3. MUTANTS: the known mistakes, each a `Mutant`, an edit of a plain solution. What to tell a student who makes one stands
   with the target in the visible half;
4. HIDDEN, where something is graded: name of an exercise -> function of a random generator that makes its hidden cases,
   without what they expect, but with what teaches it (`Case.taught_by`). What students may read of them, name and sentence,
   holds no number.

Beside it stands CHAPTER_mutations.py, with slips from which `solutions.mutations` makes wrong solutions by the hundred.
What several chapters share, and what students are given, lies in modules beside them.
"""
