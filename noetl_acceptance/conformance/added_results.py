"""Adds a part of the default set, as a later run has it, to the results of a full run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from noetl_acceptance.conformance.faults.faults_table import fault_lines
from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.release_results import (
    Record,
    found_in,
    read_records,
    write_record,
)
from noetl_acceptance.conformance.scenarios import Scenario, default_tags, scenarios_of
from noetl_acceptance.errors import UsageError

Key = tuple[str, str]
"""A scenario, or a case of an outline: its feature's file and its name."""


def add_run(run: Path) -> Path:
    """Put what a run has in place of what is recorded, and return the record's file.

    Args:
        run: its folder; of a release and on a sandbox of which a full run is recorded.

    Raises:
        UsageError: as ``release_results.found_in`` and ``renewed``; or no full run is recorded.
    """
    since = found_in(run)
    before = next((each for each in read_records() if each.name == since.name), None)
    if before is None:
        told = f"nothing is recorded of NoETL {since.release} on {since.sandbox} yet"
        raise UsageError(told, "record a full run first")
    return write_record(renewed(before, since, scenarios_of(read_features(), default_tags())))


def renewed(before: Record, since: Record, scenarios: Sequence[Scenario]) -> Record:
    """Return a record with what a later run has of it in place of what it had.

    What no feature has any more is left out.

    Args:
        before: the record.
        since: of the later run, of the same release on the same sandbox.
        scenarios: those of the features.

    Raises:
        UsageError: another release of the command line took part in the later run; it is no later
            than the record, or than the run of a scenario that it would replace; it has one of two
            scenarios that are about the same execution; or no feature has any of its scenarios.
    """
    if before.cli and since.cli not in ("", before.cli):
        told = f"the command line was {since.cli}, and is {before.cli} in the record"
        raise UsageError(told, "record a full run")
    known = {(each.feature, case) for each in scenarios for case in each.cases}
    own = {(each.feature, each.scenario): each for each in before.scenarios}
    run = {"when": since.when, "commit": since.commit}
    came = {
        key: each.model_copy(update=run)
        for each in since.scenarios
        if (key := (each.feature, each.scenario)) in known
    }
    if not came:
        raise UsageError("the run has no scenario that the features have", "give another run")
    for when in (before.when, *(own[key].when for key in came if key in own)):
        if when >= since.when:
            told = f"the run of {since.when} is no later than that of {when} in the record"
            raise UsageError(told, "give a later one")
    _require_whole_faults(came, scenarios)
    own |= came
    kept = tuple(own[key] for key in sorted(own) if key in known)
    return before.model_copy(update={"cli": before.cli or since.cli, "scenarios": kept})


def _require_whole_faults(came: Iterable[Key], scenarios: Iterable[Scenario]) -> None:
    """Make sure that both scenarios of a fault came, where one did: they share an execution."""
    there = set(came)
    for line in fault_lines(each for each in scenarios if each.fault):
        keys = {(line.feature, case) for case in line.cases}
        if keys & there and (missing := sorted(keys - there)):
            feature, case = missing[0]
            told = f"{feature}: {case} is not in the run, and shares an execution with one that is"
            raise UsageError(told, "run both, and give that run")
