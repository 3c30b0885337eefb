"""A PyHamcrest matcher that holds a subject against a check and says why it fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from noetl_acceptance.checks.applying import apply
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.model.findings import Finding

Filter = Callable[[Sequence[Finding]], Sequence[Finding]]


class Passes(BaseMatcher[Any]):
    """Matches what a check has no finding for; ``found`` are all of them, recorded ones too."""

    def __init__(self, check: Check, arguments: tuple[Any, ...], but_for: Filter) -> None:
        self._check = check
        self._but_for = but_for
        self._arguments = arguments
        self.found: Sequence[Finding] = ()
        self._findings: Sequence[Finding] = ()

    def _matches(self, item: Any) -> bool:
        self.found = apply(self._check, item, *self._arguments)
        self._findings = self._but_for(self.found)
        return not self._findings

    def describe_to(self, description: Description) -> None:
        """Write what the check holds."""
        description.append_text(promise_of(self._check, self._arguments))

    def describe_mismatch(self, item: Any, mismatch_description: Description) -> None:
        """Write what was judged, and each finding that counts on a line of its own."""
        about = getattr(item, "label", "")
        mismatch_description.append_text(about)
        for finding in self._findings:
            mismatch_description.append_text(f"\n          {finding}")


def promise_of(check: Check, arguments: Sequence[Any]) -> str:
    """Return what a check holds: the first line of its docstring, with its arguments put in."""
    promise = (check.__doc__ or check.__name__).strip().splitlines()[0]
    names = list(inspect.signature(check).parameters)[1:]
    for name, value in zip(names, arguments, strict=False):
        promise = promise.replace(f"``{name}``", _words(value))
    return promise


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {name}" for name, count in value.items())
    return str(value)


def passes(check: Check, *arguments: Any, but_for: Filter = lambda findings: findings) -> Passes:
    """Match a subject for which ``check(subject, *arguments)`` has no finding.

    ``but_for`` takes the findings and returns those that count.
    An error raised by the check goes on to the caller: a check that crashes is not a pass.
    """
    return Passes(check, arguments, but_for)
