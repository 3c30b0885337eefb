"""Rules by which the profile API answers otherwise than well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

GOOD_KINDS = ("delay", "hard_data")
"""The kinds of rules that spoil no answer."""

KINDS = (*GOOD_KINDS, "status", "malformed", "nobody", "close", "never", "other_traveler")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a scenario.

    Args:
        kind: ``delay`` answers ``seconds`` later and goes with any other rule, as does
            ``hard_data``, which adds a profile of data that is easily harmed; ``status`` answers
            with HTTP status ``status``; ``malformed`` with a body that is not JSON; ``nobody``
            with one that names no traveler; ``close`` closes the connection in the middle of the
            answer; ``never`` does not answer while the client waits; ``other_traveler`` answers
            well, but about another traveler.
        travelers: the travelers it holds for; None for all.
        first: it holds for the first so many calls of each traveler only; None for every call.
        seconds: of a delay.
        status: of a ``status`` rule.
        data: of a ``hard_data`` rule, which of its sets (``hard_data.SETS``).
    """

    kind: str
    travelers: tuple[int, ...] | None = None
    first: int | None = None
    seconds: float = 0.0
    status: int = 500
    data: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of rule {self.kind!r}; known are {', '.join(KINDS)}")

    @property
    def tells_travelers_apart(self) -> bool:
        """Whether it holds as it should only where calls name their traveler."""
        return self.travelers is not None or self.first is not None

    def holds(self, traveler: int | None, count: int) -> bool:
        """Whether the rule holds for the ``count``-th call (from 1) of a traveler."""
        wanted = self.travelers is None or traveler in self.travelers
        return wanted and (self.first is None or count <= self.first)

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON's types."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Rule:
        """Read a rule from JSON's types.

        Raises:
            ValueError: an unknown kind.
            TypeError: an unknown field.
        """
        travelers = document.get("travelers")
        fields = {**document, "travelers": None if travelers is None else tuple(travelers)}
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Decision:
    """How one call is answered.

    Args:
        delay: seconds until then.
        hard_data: which set of data that is easily harmed a good answer holds; None without one.
        spoils: the rule that spoils the answer, if one does.
    """

    delay: float
    hard_data: int | None
    spoils: Rule | None


def decide(rules: Iterable[Rule], traveler: int | None, count: int) -> Decision:
    """Return how the ``count``-th call (from 1) of a traveler is answered."""
    holding = [rule for rule in rules if rule.holds(traveler, count)]
    return Decision(
        sum(rule.seconds for rule in holding if rule.kind == "delay"),
        next((rule.data for rule in holding if rule.kind == "hard_data"), None),
        next((rule for rule in holding if rule.kind not in GOOD_KINDS), None),
    )
