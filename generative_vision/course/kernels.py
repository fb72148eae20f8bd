"""Kernels whose replies cannot go unnoticed."""

from __future__ import annotations

from queue import Empty
from time import monotonic

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from traitlets import DottedObjectName, Type

_LOOK = 1.0  # seconds between two looks


class AttentiveChannel(AsyncZMQSocketChannel):
    """Looks again every second for a message.

    jupyter_client sends past asyncio's socket (``Session.send``): a reply that arrives while a
    slider's message is sent is not announced, and a notebook would wait for it for ever.
    """

    async def get_msg(self, timeout: float | None = None) -> dict:  # type: ignore[override]
        """Return a message; with a timeout in seconds, raise ``queue.Empty`` where none came."""
        end = None if timeout is None else monotonic() + timeout
        while True:
            left = _LOOK if end is None else min(_LOOK, max(end - monotonic(), 0))
            try:
                return await super().get_msg(timeout=left)
            except Empty:
                if end is not None and monotonic() >= end:
                    raise


class AttentiveClient(AsyncKernelClient):
    """A client whose shell channel is attentive: it alone both sends and receives."""

    shell_channel_class = Type(AttentiveChannel)


class AttentiveKernelManager(AsyncKernelManager):
    """Starts ordinary kernels, whose clients are attentive."""

    client_class = DottedObjectName(f"{__name__}.AttentiveClient")
    client_factory = Type(AttentiveClient)
