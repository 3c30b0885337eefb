"""A subject with the checks that it is held against, and damage as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from hypothesis import strategies as st

from noetl_acceptance.checks import quiet_end
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.model.findings import Finding, batches_of
from noetl_acceptance.model.record import ExecutionRecord

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Found(NamedTuple):
    """What is compared of a finding."""

    kind: str
    travelers: tuple[int, ...] = ()
    batches: tuple[int, ...] = ()


@dataclass(frozen=True)
class Told:
    """A kind of finding, and whether it names the travelers or the batches that were hit."""

    kind: str
    travelers: bool = False
    batches: bool = False


Tells = Mapping[Check, Sequence[Told]]
"""What each check tells of a damage; one that is left out tells nothing."""


def by_travelers(*kinds: str) -> tuple[Told, ...]:
    return tuple(Told(kind, travelers=True) for kind in kinds)


def by_batches(*kinds: str) -> tuple[Told, ...]:
    return tuple(Told(kind, batches=True) for kind in kinds)


def by_both(*kinds: str) -> tuple[Told, ...]:
    return tuple(Told(kind, travelers=True, batches=True) for kind in kinds)


def by_nobody(*kinds: str) -> tuple[Told, ...]:
    return tuple(Told(kind) for kind in kinds)


@dataclass(frozen=True)
class Case:
    """A subject, and all checks that hold for it, each with its further arguments.

    ``shape`` is what the subject was made from, as far as damage needs to know it.
    """

    subject: Any
    held: Mapping[Check, tuple[Any, ...]]
    shape: Any = None

    def holding(self, check: Check, *arguments: Any) -> Case:
        """Return the case with other arguments of a check."""
        return replace(self, held={**self.held, check: arguments})

    def with_fields(self, **fields: Any) -> Case:
        """Return the case with other fields of its subject; what it left stays so later."""
        changed = replace(self, subject=self.subject.model_copy(update=fields))
        if quiet_end.unchanged in self.held and isinstance(changed.subject, ExecutionRecord):
            return changed.holding(quiet_end.unchanged, changed.subject.outcome)
        return changed

    def with_outcome(self, **fields: Any) -> Case:
        """Return the case with other rows or calls, of a record."""
        return self.with_fields(outcome=self.subject.outcome.model_copy(update=fields))

    def findings(self) -> dict[Check, Sequence[Finding]]:
        """Hold the subject against all checks."""
        return {check: check(self.subject, *more) for check, more in self.held.items()}


@dataclass(frozen=True)
class Hit:
    """A damaged subject, and what was hit.

    ``named`` is for the kinds of findings that name something else, ``more`` for findings whose
    number depends on what was drawn.
    """

    case: Case
    travelers: tuple[int, ...] = ()
    batches: tuple[int, ...] = ()
    named: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    more: Mapping[Check, Sequence[Found]] = field(default_factory=dict)


@dataclass(frozen=True)
class Damage:
    """One way to be wrong: who draws a subject, what harms it, and what every check then says.

    A check that ``told`` does not name must find nothing.
    """

    name: str
    healthy: st.SearchStrategy[Case]
    harm: Callable[[Draw, Case], Hit]
    told: Tells

    def expected(self, hit: Hit) -> dict[Check, Counter[Found]]:
        """Return the findings of each check that must have some."""
        expected: dict[Check, Counter[Found]] = {}
        for check, kinds in self.told.items():
            each = [self._found(told, hit) for told in kinds]
            expected[check] = Counter([*each, *hit.more.get(check, ())])
        return expected

    @staticmethod
    def _found(told: Told, hit: Hit) -> Found:
        if told.kind in hit.named:
            return Found(told.kind, *hit.named[told.kind])
        travelers = tuple(sorted(set(hit.travelers))) if told.travelers else ()
        batches = hit.batches
        if told.travelers and not batches:
            batches = batches_of(hit.case.subject, travelers)
        return Found(told.kind, travelers, batches if told.batches else ())


def seen(case: Case) -> dict[Check, Counter[Found]]:
    """Return the findings of each check that has some."""
    return {
        check: Counter(Found(f.kind, f.travelers, f.batches) for f in findings)
        for check, findings in case.findings().items()
        if findings
    }
