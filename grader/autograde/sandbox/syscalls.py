"""Which calls of the Linux kernel's a notebook may make: nearly all, but for those that reach out of its namespaces.

Some families of sockets know no namespaces (AF_VSOCK leads to the host of a virtual machine), so only those are left
that do, and that a kernel needs: ipykernel opens one on the loopback, which in the sandbox leads nowhere, and asks
which interfaces there are.
"""

import errno
import socket
import tempfile
from typing import IO

KEYRINGS = ("add_key", "keyctl", "request_key")  # no namespace: a session's keys would be everybody's
FILES_IN_MEMORY = ("memfd_create", "memfd_secret")  # neither scratch space nor anybody's memory
RARE_AND_RICH = (
    "bpf",
    "io_uring_setup",
    "perf_event_open",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "userfaultfd",
)
FAMILIES = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
MANY_FAMILIES = 64  # more than Linux has


def filter_file() -> IO[bytes]:
    """The filter as bubblewrap reads it, in a temporary file at its start.

    Raises:
        OSError: there is no libseccomp.
    """
    try:
        import pyseccomp
    except (RuntimeError, ImportError) as problem:
        raise OSError(f"libseccomp cannot be loaded: {problem}") from None
    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for name in (*KEYRINGS, *FILES_IN_MEMORY, *RARE_AND_RICH):
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    refused = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in set(range(MANY_FAMILIES)) - FAMILIES:
        rules.add_rule(refused, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    rules.add_rule(refused, "socket", pyseccomp.Arg(0, pyseccomp.GE, MANY_FAMILIES))
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    rules.export_bpf(file)
    file.seek(0)
    return file
