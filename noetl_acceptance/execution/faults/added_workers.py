"""Workers that come in the middle of an execution: a change that NoETL must bear."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.protocol import Sandbox

COUNT = 2
"""How many come."""


class AddedWorkers:
    """Starts workers beside those that there are; they stay.

    Args:
        sandbox: with the workers.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._names: Sequence[str] = ()

    def make(self) -> None:
        """Start them."""
        self._names = self._sandbox.control.add_workers(COUNT)

    def felt(self) -> str:
        """Tell that they run."""
        running = {state.name for state in self._sandbox.states() if state.running}
        here = self._names and running.issuperset(self._names)
        return f"{' and '.join(self._names)} run beside the others" if here else ""

    def unfelt(self, seconds: float) -> Exception:
        """Return that they do not run: the sandbox's failure."""
        told = " and ".join(self._names) or "further workers"
        return SandboxError(f"{told} were to be added, and after {seconds:.0f} s do not run")

    def heal(self) -> None:
        """Do nothing: they stay."""

    def healed(self) -> str:
        """Tell that they stay."""
        told = self.felt()
        return f"{told}, and stay" if told else ""

    def unhealed(self, seconds: float) -> Exception:
        """Return that they do not run any more."""
        return self.unfelt(seconds)
