"""What IPython displays, recorded by a shell of its own in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ipython_displays() -> Iterator[list[dict]]:
    """Start an IPython shell, and yield what is displayed or updated in it."""
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config(
        HistoryManager={"enabled": False}, InteractiveShell={"banner1": "", "autocall": 0}
    )
    shell = InteractiveShell.instance(config=quiet)
    shell.display_pub = CapturingDisplayPublisher(parent=shell, shell=shell)
    try:
        yield shell.display_pub.outputs
    finally:
        shell.restore_sys_module_state()
        InteractiveShell.clear_instance()


def kinds(displays: list[dict]) -> list[str]:
    """Return for each display whether it is new or an update."""
    return ["update" if one.get("update") else "new" for one in displays]
