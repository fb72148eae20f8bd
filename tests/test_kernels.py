"""A reply that asyncio does not announce is found all the same: real sockets, real messages."""

import asyncio
import time
from collections.abc import Iterator
from queue import Empty

import pytest
import zmq
import zmq.asyncio
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session

from generative_vision.course.kernels import AttentiveChannel, AttentiveKernelManager

ARRIVED = 0.2  # seconds in which a message surely goes from one socket of this process to another


@pytest.fixture
def sockets() -> Iterator[tuple[zmq.asyncio.Socket, zmq.Socket]]:
    """A client's shell socket and, at the other end, the kernel's."""
    with zmq.asyncio.Context() as context:
        client, kernel = context.socket(zmq.DEALER), zmq.Context(context).socket(zmq.DEALER)
        port = kernel.bind_to_random_port("tcp://127.0.0.1")
        client.connect(f"tcp://127.0.0.1:{port}")
        yield client, kernel
        client.close(linger=0)
        kernel.close(linger=0)


async def lost_reply(channel: AsyncZMQSocketChannel, kernel: zmq.Socket, timeout: float) -> str:
    """Wait for a reply that arrives while the client sends; return its type.

    asyncio learns from a socket's file descriptor that a message has come, and sending resets it.
    """
    channel.send(channel.session.msg("kernel_info_request"))
    kernel.recv_multipart()
    channel.session.send(kernel, "kernel_info_reply", {})
    await channel.get_msg()
    waiting = asyncio.ensure_future(channel.get_msg())
    await asyncio.sleep(ARRIVED)  # it waits by now
    channel.session.send(kernel, "execute_reply", {})
    time.sleep(ARRIVED)  # asyncio does not look meanwhile
    channel.send(channel.session.msg("comm_msg"))
    return (await asyncio.wait_for(waiting, timeout))["msg_type"]


async def run_lost_reply(kind, sockets, timeout):
    client, kernel = sockets
    return await lost_reply(kind(client, Session(), None), kernel, timeout)


def test_jupyter_clients_own_channel_misses_a_reply(sockets):
    """What the attentive channel is for: it can go once this test fails."""
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(run_lost_reply(AsyncZMQSocketChannel, sockets, timeout=3))


def test_an_attentive_channel_finds_the_reply(sockets):
    reply = asyncio.run(run_lost_reply(AttentiveChannel, sockets, timeout=60))
    assert reply == "execute_reply"


@pytest.mark.parametrize("timeout", [0, 0.05, 1.5])
def test_without_a_message_the_timeout_ends_the_wait(sockets, timeout):
    channel = AttentiveChannel(sockets[0], Session(), None)
    with pytest.raises(Empty):
        asyncio.run(asyncio.wait_for(channel.get_msg(timeout=timeout), 60))


def test_the_managers_clients_are_attentive():
    factory = AttentiveKernelManager().client_factory
    assert issubclass(factory.shell_channel_class.klass, AttentiveChannel)
