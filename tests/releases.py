"""Releases as the census might have found them, for the tests of what is made of that."""

from __future__ import annotations

from noetl_acceptance.conformance.releases.release_file import (
    ExecutionOutcome,
    Hindrance,
    ReleaseFile,
    RowOutcome,
    Word,
)


def outcome(verdict: Word, *kinds: str, said: str = "") -> RowOutcome:
    return RowOutcome(verdict=verdict, kinds=kinds, said=said)


HOLDS = outcome("holds")
HANGS = outcome("fails", "hangs", said="execution 7 hangs")
LOST = outcome("fails", "row-missing", said="row-missing: 9 rows missing")


def execution(
    missing: int = 0, *, lost: str = "", end: str = "playbook.completed"
) -> ExecutionOutcome:
    return ExecutionOutcome(
        about="plain",
        workload="200 travelers, 4 batches of 50",
        end=end,
        expected=200,
        stored=200 - missing,
        missing=missing,
        lost=lost,
        calls=200,
        seconds=12.5,
        pace=1.1,
    )


def release(
    name: str,
    *executions: ExecutionOutcome,
    hindrance: Hindrance = "",
    edition: str = "2.8.x",
    **rows: RowOutcome,
) -> ReleaseFile:
    return ReleaseFile(
        release=name,
        asked=name,
        edition=edition,
        when="2026-11-29T12:00:00Z",
        commit="c0ffee1",
        sha256="ab" * 32,
        hindrance=hindrance,
        reason="no package index has it" if hindrance else "",
        rows=rows,
        executions=executions or (execution(),),
    )
