"""What NATS keeps for NoETL is deleted: its streams, or who has had which of their messages."""

from __future__ import annotations

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.sandbox.control import BrokerPart, BrokerPartKind, ServiceControl

TRIES = 3
"""How often NATS is asked; each answer may take 2 s (``sandbox/broker.py``)."""


class DeletedInNats:
    """Deletes streams that have consumers, or these consumers; nobody but NoETL makes them again.

    Args:
        control: of the sandbox's services.
        kind: which of the two.
    """

    def __init__(self, control: ServiceControl, kind: BrokerPartKind) -> None:
        self._control = control
        self._kind = kind
        self._deleted: frozenset[BrokerPart] = frozenset()

    def make(self) -> None:
        """Delete all that there are.

        Raises:
            SandboxError: NATS does not tell what there is.
        """
        answers = (self._control.broker_parts(self._kind) for _ in range(TRIES))
        there = next((parts for parts in answers if parts is not None), None)
        if there is None:
            raise SandboxError(f"NATS does not tell its {self._kind}", "see logs/nats.log")
        self._deleted = there
        for part in self._deleted:
            self._control.delete(part)

    def felt(self) -> str:
        """Tell what NATS has no more; what was made again since is another one."""
        now = self._control.broker_parts(self._kind)
        if now is None or not self._deleted or now & self._deleted:
            return ""
        return f"NATS has no more {self._told(self._deleted)}"

    def unfelt(self, seconds: float) -> Exception:
        """Return that NATS has it still, or has never had any."""
        if not self._deleted:
            return NotJudgedError(f"NATS has no {self._kind} that could be deleted")
        told = self._told(self._deleted)
        return SandboxError(f"{told} was to be deleted, and {seconds:.0f} s later NATS has it")

    def heal(self) -> None:
        """Do nothing: it is NoETL's to make it again."""

    def healed(self) -> str:
        """Tell that nothing is healed, and what NATS has now."""
        now = self._control.broker_parts(self._kind)
        if now is None:
            return ""
        there = f"{self._told(now)} is there again" if now else "none is there yet"
        return f"nothing has to be healed: NoETL may make it again; {there}"

    def unhealed(self, seconds: float) -> Exception:
        """Return that NATS does not answer."""
        return SandboxError(f"for {seconds:.0f} s NATS has not answered", "see logs/nats.log")

    def _told(self, parts: frozenset[BrokerPart]) -> str:
        return " and ".join(sorted(part.told for part in parts))
