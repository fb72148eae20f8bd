"""Kernels in the sandbox, for tests."""

from __future__ import annotations

import ast

from traitlets.config import Config

from generative_vision.course.grading import sandbox
from generative_vision.course.grading.kernel import Kernel, MarkingKernelSpecManager


def kernel(place) -> Kernel:
    config = Config()
    config.SandboxProvisioner.warm = str(place)
    manager = sandbox.SandboxedKernelManager(
        config=config, kernel_spec_manager=MarkingKernelSpecManager()
    )
    return Kernel(manager, 60, "/tmp")


def printed(running: Kernel, code: str):
    """What a cell prints, as a value."""
    outputs = running.run(code).outputs
    assert [output.output_type for output in outputs] == ["stream"], outputs
    return ast.literal_eval(outputs[0].text)
