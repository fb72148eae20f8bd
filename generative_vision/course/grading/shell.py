"""Shell commands of a notebook (``!ls``) where there are no terminals: IPython asks for one.

An extension of IPython: it is loaded in kernels in the sandbox.
"""

from __future__ import annotations

from subprocess import DEVNULL, PIPE, STDOUT, Popen
from typing import Any

#: a kernel's argument that loads this
OPTION = f"--InteractiveShellApp.extensions={__name__}"


def load_ipython_extension(shell: Any) -> None:
    """Let shell commands speak through a pipe."""
    from ipykernel import zmqshell

    zmqshell.system = system  # type: ignore[assignment]


def system(command: str) -> int:
    """Run a command, print what it says while it does, and return its exit status."""
    with Popen(
        command,
        shell=True,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                print(line, end="")
        except KeyboardInterrupt:  # out of time
            process.kill()
            raise
    return process.returncode
