"""Checks of nothing that end in one way each."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import Finding


@check("broken-missing")
def missing(_: object) -> list[Finding]:
    """Nobody is missing."""
    return [Finding("row-missing", "3 missing from the target table", (1, 2, 3))]


@check("broken-unnamed")
def unnamed(_: object) -> list[Finding]:
    """The reason names the credential."""
    return [Finding("reason-without-name", "the events do not name it")]


@check("broken-inapplicable")
def inapplicable(_: object) -> Sequence[Finding]:
    """Names are kept."""
    raise NotJudgedError("the pair has no column for names")


@check("broken-crashing")
def crashing(_: object) -> Sequence[Finding]:
    """Nothing is divided by zero."""
    return [Finding("never", str(1 / 0))]


@check("broken-holding")
def holding(_: object) -> list[Finding]:
    """All is well."""
    return []


CHECKS = {
    "finds that somebody is missing": missing,
    "finds what is recorded of a deviation": unnamed,
    "cannot be applied": inapplicable,
    "crashes": crashing,
}
