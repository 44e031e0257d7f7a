"""What a submission may use: the one table of limits. Override any of them in nbgrader_config.py: `c.Limits.memory = …`."""

from traitlets import Integer
from traitlets.config import Configurable

KB, MB = 2**10, 2**20


class Limits(Configurable):
    """For one notebook each. Memory, processes and scratch hold for all of its processes together where the system has
    control groups; without them memory holds for each process (see SECURITY.md).

    Seconds are a notebook's own: the CPU time of all its processes, or the time that passed without that for which they
    waited for a CPU, whichever is more (see `grader.autograde.sandbox.clock`)."""

    seconds_per_cell = Integer(60, help="A cell that runs longer, waiting for a CPU aside, is interrupted.").tag(
        config=True
    )
    seconds_per_notebook = Integer(600, help="A notebook that runs longer, waiting aside, is stopped.").tag(config=True)
    grace = Integer(5, help="Seconds that an interrupted cell has to end; then the kernel is killed.").tag(config=True)
    stretch = Integer(10, help="How many times as many seconds all this may take with the waiting.").tag(config=True)
    memory = Integer(4096, help="MB of memory, files in scratch folders included.").tag(config=True)
    processes = Integer(256, help="Processes and threads.").tag(config=True)
    open_files = Integer(1024, help="Open files of one process.").tag(config=True)
    file_size = Integer(64, help="MB of one file.").tag(config=True)
    scratch = Integer(
        256, help="MB of files in /tmp, and as much again in /dev/shm; half is for what was handed in."
    ).tag(config=True)
    cell_output = Integer(256, help="KB of output of a cell, without its answers; the rest is dropped.").tag(
        config=True
    )
    notebook_output = Integer(2048, help="KB of output of all cells, without their answers; the rest is dropped.").tag(
        config=True
    )
    answers = Integer(8, help="MB that the check cells of a notebook may answer, in all.").tag(config=True)
    notebook = Integer(16, help="MB of a notebook without its outputs; a larger one is not read.").tag(config=True)
    notebook_file = Integer(128, help="MB of a notebook's file or of an archive; a larger one is not opened.").tag(
        config=True
    )
    cells = Integer(500, help="Cells of a notebook; one with more is not run.").tag(config=True)
    pictures = Integer(4, help="MB of pictures shown with answers in writing, in all.").tag(config=True)
    files = Integer(32, help="MB of other files handed in, in all; what is beyond is left out.").tag(config=True)
