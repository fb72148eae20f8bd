"""The kernel of the Python that runs, whatever other kernels its user has."""

from __future__ import annotations

import sys
from typing import Any

from ipykernel.kernelspec import RESOURCES
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default


class CourseKernelSpecManager(KernelSpecManager):
    """Gives this Python's kernel under the name ``python3``, which may be another's elsewhere.

    A user's own kernel of that name comes first in Jupyter's order, and knows nothing of the
    packages that are installed here.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the specification of a kernel."""
        if kernel_name != NATIVE_KERNEL_NAME:
            return super().get_kernel_spec(kernel_name)
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"debugger": True},
            resource_dir=RESOURCES,
        )

    def get_all_specs(self) -> dict[str, Any]:
        """Return all specifications by name, each with the folder of its icons."""
        own = self.get_kernel_spec(NATIVE_KERNEL_NAME)
        known = {NATIVE_KERNEL_NAME: {"resource_dir": own.resource_dir, "spec": own.to_dict()}}
        return {**super().get_all_specs(), **known}


class CourseKernelManager(AsyncKernelManager):
    """Manages a kernel that ``CourseKernelSpecManager`` names."""

    @default("kernel_spec_manager")
    def _course_kernels(self) -> KernelSpecManager:
        return CourseKernelSpecManager(parent=self)
