"""A kernel that runs a submission's cells, and a client that survives whatever the kernel sends."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode

from generative_vision.answering import (
    CONTENT_TYPE,
    MAX_DEPTH,
    Call,
    read_answers,
    read_used,
    write_request,
)
from generative_vision.course.grading.outputs import new_error, rebuild
from generative_vision.course.grading.own_bounds import lifted_bound
from generative_vision.course.kernels import CourseKernelSpecManager

MAX_OUTPUT = 100_000  # characters that one cell may print; of a picture every 50th counts
MAX_KEPT = 20_000_000  # characters of outputs that are kept of a notebook, pictures included
MAX_MESSAGES = 20_000  # of one cell, shown or not
MAX_MESSAGE_BYTES = 64 * 2**20  # a kernel that sends a larger one is cut off
START_SECONDS = 120
_GRACE = 10  # seconds for a cell to stop after an interrupt, and for a late reply
_LOOK = 0.5  # seconds between two looks whether the kernel is alive


class MarkingKernelSpecManager(CourseKernelSpecManager):
    """Gives this Python's kernel, interrupted by a message."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of a kernel."""
        spec = super().get_kernel_spec(kernel_name)
        spec.interrupt_mode = "message"  # a signal would end bubblewrap, and the kernel with it
        return spec


class KernelEndedError(Exception):
    """The cell ended the kernel, or could not be stopped."""


class StarvedError(Exception):
    """The system ended the kernel for memory that others hold: whatever ran says nothing."""


@dataclass
class Ran:
    """What came of a cell."""

    outputs: list[NotebookNode] = field(default_factory=list)
    failed: bool = False  #: it raised an error, shown or hidden
    timed_out: bool = False
    answers: str = ""  #: what ``answering.answer`` displayed
    used: list[str] = field(default_factory=list)  #: functions of the package that answers called


class Kernel:
    """A running kernel; a context manager, so that it ends with its use."""

    def __init__(self, manager: KernelManager, seconds: float, folder: str):
        """Prepare a kernel, which starts on entering the context.

        Args:
            manager: of a kernel that does not run yet.
            seconds: time-out of one cell.
            folder: the working directory; a sandbox has its own.
        """
        self.manager, self.seconds, self.folder = manager, seconds, folder
        self.kept = 0  # characters of outputs
        self.context: zmq.Context = zmq.Context()
        self.context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
        self.context.setsockopt(zmq.SNDTIMEO, 1000 * _GRACE)  # to a kernel that is gone
        if manager.transport == "ipc":  # its sockets are there; another may not take their place
            self.context.setsockopt(zmq.RECONNECT_IVL, -1)
        manager.context = self.context

    def __enter__(self) -> Kernel:
        try:
            with lifted_bound():  # a sandbox sets its own
                self.manager.start_kernel(
                    extra_arguments=["--HistoryManager.enabled=False"],
                    env={**os.environ, "NBGRADER_EXECUTION": "autograde"},
                    cwd=self.folder,
                )
            client = self.manager.client(context=self.context)
            assert isinstance(client, BlockingKernelClient)
            self.client = client
            # without the heartbeat: it opens its socket again and again, by a path in a folder that
            # belongs to the submission, which may lead elsewhere by then
            client.start_channels(hb=False, stdin=False)  # nobody would read it
            client.wait_for_ready(timeout=START_SECONDS)
        except BaseException as error:
            self.__exit__(type(error), error)
            raise
        return self

    def __exit__(self, kind: object, error: object, *trace: object) -> None:
        if self.manager.has_kernel and self.manager.is_alive():
            try:
                self.manager.shutdown_kernel(now=True)
            except (RuntimeError, zmq.ZMQError):  # it closed its sockets
                self.manager.signal_kernel(signal.SIGKILL)
        self.manager.cleanup_resources()
        if hasattr(self, "client"):
            self.client.stop_channels()
        self.context.destroy(linger=0)
        is_starved = getattr(self.manager, "is_starved", lambda: False)  # only a sandbox knows
        if isinstance(error, Exception) and is_starved():
            raise StarvedError("other programs hold the machine's memory") from error

    def run(self, source: str, seconds: float | None = None, *, recorded: bool = True) -> Ran:
        """Run a cell and return what came of it, its outputs rebuilt.

        Args:
            recorded: whether IPython's history has it.

        Raises:
            KernelEndedError: the cell ended the kernel, or cannot be stopped.
        """
        ran, shown, messages = Ran(), 0, 0
        try:
            sent = self.client.execute(
                source, allow_stdin=False, stop_on_error=False, store_history=recorded
            )
        except zmq.ZMQError:
            raise KernelEndedError("ended the kernel") from None
        end = time.monotonic() + (self.seconds if seconds is None else seconds)
        look = 0.0  # when to look whether it is alive, also where messages never end
        while True:
            if time.monotonic() > end:
                if ran.timed_out:
                    raise KernelEndedError("could not be stopped")
                self._interrupt(ran)
                end = time.monotonic() + _GRACE
            message = self._look(self.client.get_iopub_msg, sent)
            if message is None or time.monotonic() > look:
                if not self.manager.is_alive():
                    raise KernelEndedError("ended the kernel")
                look = time.monotonic() + _LOOK
            if message is None:
                continue
            messages += 1
            kind, content = message
            if kind == "status" and content.get("execution_state") == "idle":
                break
            data = content.get("data")
            if isinstance(data, dict) and isinstance(data.get(CONTENT_TYPE), str):
                ran.answers = data[CONTENT_TYPE]
                continue
            shown += _cost(content)
            if messages > MAX_MESSAGES or shown > MAX_OUTPUT:
                continue
            if (output := rebuild(kind, content)) is not None:
                ran.failed |= output.output_type == "error"
                self.kept += _length(output)
                if self.kept > MAX_KEPT:
                    continue
                _add(ran.outputs, output)
        self._read_reply(sent, ran)
        return ran

    def ask(self, calls: dict[str, Call], seconds: float | None = None) -> tuple[dict, Ran]:
        """Return what the notebook's functions give for these calls.

        Raises:
            KernelEndedError: a call ended the kernel, or cannot be stopped.
        """
        module = '__import__("generative_vision.answering", fromlist=["answer"])'
        order = list(calls)
        secrets.SystemRandom().shuffle(order)  # neither names nor order of calls tell an answer
        numbers = {name: str(number) for number, name in enumerate(order)}
        request = write_request({numbers[name]: calls[name] for name in order})
        ran = self.run(f"{module}.answer({request!r}, globals())", seconds, recorded=False)
        ran.used = read_used(ran.answers)
        found = read_answers(ran.answers, numbers.values())
        return {name: found[numbers[name]] for name in calls}, ran

    def _interrupt(self, ran: Ran) -> None:
        ran.timed_out = ran.failed = True
        with suppress(RuntimeError, zmq.ZMQError):
            self.manager.interrupt_kernel()

    def _read_reply(self, sent: str, ran: Ran) -> None:
        """Read a cell's reply: it says of an error that was not shown, and of ``quit()``."""
        end = time.monotonic() + _GRACE
        while time.monotonic() < end:
            message = self._look(self.client.get_shell_msg, sent)
            if message is None:
                if not self.manager.is_alive():
                    raise KernelEndedError("ended the kernel")
                continue
            kind, content = message
            if kind == "foreign":  # a late answer to the question whether the kernel is ready
                continue
            payload = content.get("payload")
            items = payload if isinstance(payload, list) else []
            if any(isinstance(item, dict) and item.get("source") == "ask_exit" for item in items):
                raise KernelEndedError("ended the kernel")  # here, or the next cell is blamed
            if content.get("status") != "ok" and not ran.failed:
                ran.failed = True
                ran.outputs.append(_hidden_error(content))
            return

    def _look(self, get: Callable[..., Any], sent: str) -> tuple[str, dict] | None:
        """Return the next message that belongs to a request; None if none came, or no message.

        A kernel in a student's hands sends anything: what has not the right form is passed over.
        """
        try:
            message = get(timeout=_LOOK)
        except Empty:
            return None
        except Exception:  # whatever a malformed message makes of jupyter_client
            return ("malformed", {})
        match message:
            case {
                "parent_header": {"msg_id": str(parent)},
                "msg_type": str(kind),
                "content": dict(content),
            } if parent == sent:
                return kind, content
        return ("foreign", {})


def _hidden_error(content: dict) -> NotebookNode:
    output = rebuild("error", {"traceback": [], **content})
    return output or new_error("Error", "An error occurred, and was not shown.")


def _cost(content: dict) -> int:
    """Return a message's part of ``MAX_OUTPUT``, also of one that shows nothing in the end."""
    data = content.get("data")
    pictures = data.values() if isinstance(data, dict) else []
    return 100 + _length([content.get("text"), content.get("traceback")]) + _length(pictures) // 50


def _length(value: Any, depth: int = 0) -> int:
    """Return the number of characters in a text, or in all texts of lists and dictionaries."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, Iterable) and depth < MAX_DEPTH:
        return sum(_length(part, depth + 1) for part in value)
    return 0


def _add(outputs: list[NotebookNode], output: NotebookNode) -> None:
    """Add an output to a cell's; pieces of one stream become one text."""
    last = outputs[-1] if outputs else None
    streams = last is not None and last.output_type == output.output_type == "stream"
    if last is not None and streams and last.name == output.name:
        last.text += output.text
    else:
        outputs.append(output)
