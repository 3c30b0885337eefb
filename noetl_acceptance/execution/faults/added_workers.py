"""Workers that come in the middle of an execution: a change that NoETL must bear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.sandbox.protocol import Sandbox
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

COUNT = 2
"""How many come."""

BEGIN_SECONDS = 8.0
"""How long the execution is held for them: else it may be over before they have begun."""


class AddedWorkers:
    """Starts workers beside those that there are; they stay.

    Args:
        sandbox: with the workers.
        known: tells the names of the workers that NoETL knows, each once it has begun.
    """

    def __init__(self, sandbox: Sandbox, known: Callable[[], Sequence[str]]) -> None:
        self._sandbox = sandbox
        self._known = known
        self._before = frozenset(known())
        self._names: Sequence[str] = ()

    def make(self) -> None:
        """Start them, and let them begin."""
        self._names = self._sandbox.control.add_workers(COUNT)
        with suppress(DeadlineError, StarvedError):
            eventually(self.felt, bool, seconds=BEGIN_SECONDS, what="the added workers' begin")

    def felt(self) -> str:
        """Tell that they run, and that NoETL knows them if it knows any."""
        if not self._run():
            return ""
        if self._before and len({*self._known()} - self._before) < COUNT:
            return ""
        told = f"{' and '.join(self._names)} run beside the others"
        return f"{told}, and NoETL knows of them" if self._before else told

    def unfelt(self, seconds: float) -> Exception:
        """Return that they do not run, or that they run and NoETL does not know of them."""
        told = " and ".join(self._names) or "further workers"
        if self._run():
            return NotJudgedError(
                f"{told} were added, and after {seconds:.0f} s NoETL does not know of them: "
                "by whose doing cannot be told"
            )
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

    def _run(self) -> bool:
        running = {state.name for state in self._sandbox.states() if state.running}
        return bool(self._names) and running.issuperset(self._names)
