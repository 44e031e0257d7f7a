"""Runs a notebook's cells where they can do no harm, and takes from what they put out what can do none.

runner          starts the sandbox and follows what comes out
channel         reads it, up to a size and a time
bubblewrap      the sandbox itself: bubblewrap's command line
syscalls        the calls of the Linux kernel's that it allows
cgroup          limits that hold for all of its processes together
clock           the time that they are charged
files           what lies beside the notebook
kernel_runner   the program that runs in it: feeds the cells to a kernel
outputs         what is taken from what came out
trial           runs a cell of ours in it, to see whether it works

All but `kernel_runner` and its clock runs outside of the sandbox, and trusts nothing that comes from there.
"""
