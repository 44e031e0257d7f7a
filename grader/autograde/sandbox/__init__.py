"""Runs a notebook's cells where they can do no harm, and takes from what they put out what can do none.

runner          starts the sandbox and follows what comes out
channel         reads it, up to a size and a time
bubblewrap      the sandbox itself: bubblewrap's command line
syscalls        the calls of the Linux kernel's that it allows
cgroup          limits that hold for all of its processes together, and their share of the CPU
clock           the time that they are charged
files           what lies beside the notebook
job             what the program that runs in it is told
kernel_runner   that program: feeds the cells to a kernel
warm            has it ready for the next notebook, as a fork
zygote          what is forked: has imported what notebooks import
forked_kernel   a kernel that is a fork as well
outputs         what is taken from what came out
trial           runs a cell of ours in it, to see whether it works

All but `kernel_runner`, `zygote`, `forked_kernel` and their clock runs outside of the sandbox, and trusts nothing that comes
from there.
"""
