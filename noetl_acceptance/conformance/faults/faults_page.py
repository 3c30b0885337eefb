"""docs/faults.md: what each NoETL did under each fault, and what was found in it that way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from noetl_acceptance.conformance.contract_page import anchor
from noetl_acceptance.conformance.faults.fault_outcomes import CLASSES, KEPT, TOLD, classes_of
from noetl_acceptance.conformance.faults.faults_table import (
    fault_lines,
    outcome_tables,
    summary_table,
    with_faults,
)
from noetl_acceptance.conformance.faults.sweep_map import sweep_section
from noetl_acceptance.conformance.faults.sweep_results import Sweep
from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.conformance.release_results import Record
from noetl_acceptance.conformance.row_verdicts import FAILS, NOT_JUDGED, UNKNOWN
from noetl_acceptance.conformance.scenarios import Scenario
from noetl_acceptance.generations.editions import NEIGHBOURS
from noetl_acceptance.verdict.known_deviations import Deviation

_HEAD = """\
# What NoETL does under a fault

<!-- Made by `make pages` from features tagged @fault, deviations.yaml, results/; do not edit. -->

Services fail while NoETL works: they are killed, updated, frozen, cut off. The suite starts an
execution, makes one fault in the middle of a batch or in a gap between two steps, and checks that
it took effect; later it heals the fault and checks that it is healed. Each fault has two
scenarios. The first one demands an end within 120 seconds of the healing, an exact count of
missing rows or a reason, no doubled row, and no repeated call that no interrupted command
explains. The second one, *After …*, demands that no call, row or worker execution comes after the
end, and that a new execution on the same services is complete. Two faults have a line more: *a
hang is waited out* is about the suite, which waits the full 120 seconds there and must come to
the same verdict.
[Faults](explanation/faults.md) says why, how a fault is aimed, and whose failure is what.

## In short

Each line of [the faults](#the-faults) counts once here, under the worst word in its cell: the
first that applies from *hangs* down, *told* or *kept* where none does. A cell has all words that
apply, so some words stand there more often.
"""

_READING = """\

## The faults

A cell says what was seen of the execution that met the fault and, after the slash, what came
after it. Where an execution hangs, both parts say so, because nothing can come after an end that
there is not; the new execution was complete, unless the cell says that it fails, or that a
service is gone: then none is requested. In brackets are the rows that were missing when the
execution ended; after a ghost, some may have come later.

Each word links to what was found. A star says that chance decides about the word before it:
another run may keep what this one broke, or, where the star itself is the link, break what this
one kept. No star means that no chance is recorded: a cell shows one run.

Each column is the record of a full run, and of later runs of parts, such as the faults; [the
contract](contract.md#the-runs) has the dates. Records without faults have no column. `rust` is the
Rust server with the workers of the second number. The columns use different [editions of the
playbooks](explanation/editions.md): that for 2.8.x stores a batch in one statement, the others
each traveler by itself. So one refused statement costs a whole batch in the one, and one row in
the others.

The other release, by which [upgrade](../features/upgrade.feature) replaces the one under test, is
{beside}.
The workers of rust keep their version. For other releases none is recorded, and the feature is
not judged.
"""

_NONE = "No full run with faults is recorded yet: every cell is unknown.\n"

_FOUND = """\
Each entry is a recorded deviation. Where no chance is told, each recorded run shows it.
[The contract](contract.md#the-recorded-deviations) says why it is NoETL's own. The commands run in
a checkout, on any machine that has [a sandbox](reference/sandboxes.md). A scenario that shows just
what is recorded ends as *deviates (recorded)*, and its report has what was seen.
"""


def faults_page(
    scenarios: Sequence[Scenario],
    records: Sequence[Record],
    deviations: Sequence[Deviation],
    sweeps: Sequence[Sweep] = (),
) -> str:
    """Return the page's text.

    Args:
        scenarios: those of the features; the ones with a fault have a row for each case.
        records: of full runs, in the order of their columns.
        deviations: all that are recorded, those in the records among them.
        sweeps: those of crash points that are recorded.
    """
    scenarios = [each for each in scenarios if each.fault]
    lines = fault_lines(scenarios)
    columns = with_faults(lines, records)
    cases = {case for scenario in scenarios for case in scenario.cases}
    of_faults = [each for each in deviations if cases.intersection(each.scenarios)]
    sections = [
        _HEAD,
        *([summary_table(lines, columns, of_faults), ""] if columns else [_NONE]),
        _legend(),
        _READING.format(beside=_beside()),
        outcome_tables(lines, columns, of_faults),
        sweep_section(sweeps),
        "## What was found in NoETL\n",
        _found(of_faults, scenarios),
    ]
    return "\n".join(sections)


def _beside() -> str:
    return ", ".join(f"{by} for {own}" for own, by in NEIGHBOURS.items())


def _legend() -> str:
    rows = [
        (KEPT, "All that is demanded holds, no row is missing; repeated calls are explained."),
        (
            TOLD,
            (
                "All that is demanded holds. Rows are missing and the summary counts them, or the "
                "execution failed with an error text, whatever that says."
            ),
        ),
        *((each.word, each.about) for each in CLASSES),
        (FAILS, "What was found is not recorded, or the sandbox or the suite failed."),
        (
            NOT_JUDGED,
            "The suite could not judge it: [the contract](contract.md#not-judged) says why.",
        ),
        (UNKNOWN, "Unknown: the run did not have the scenario."),
    ]
    return table(("word", "meaning"), rows)


def _outcome(deviation: Deviation) -> str:
    words = classes_of([finding.kind for finding in deviation.findings])
    return f"{' or '.join(words)}, by chance" if deviation.chance else ", ".join(words)


def _found(deviations: Sequence[Deviation], scenarios: Sequence[Scenario]) -> str:
    if not deviations:
        return "Nothing is recorded yet.\n"
    rows = [
        (
            f"[{cell(each.name)}](#{anchor(each.name)})",
            _outcome(each),
            f"{each.package} {each.span}",
            each.since or "not known",
            ", ".join(each.rules),
        )
        for each in deviations
    ]
    features = {case: each.feature for each in scenarios for case in each.cases}
    head = ("what", "outcome", "releases", "since", "rows")
    return "\n".join(
        [_FOUND, table(head, rows), "", *(_entry(each, features) for each in deviations)]
    )


def _entry(deviation: Deviation, features: Mapping[str, str]) -> str:
    first, *others = [name for name in deviation.scenarios if name in features]
    lines = [
        f"### {deviation.name}\n",
        f"{(deviation.users or deviation.why).strip()}\n",
        "```sh",
        _command(features[first], first, deviation),
        "```\n",
    ]
    if others:
        lines.append(f"Shown as well by: {'; '.join(map(cell, others))}.\n")
    if deviation.reproduction:
        lines.append(f"Without the traveler playbooks: {deviation.reproduction.strip()}\n")
    return "\n".join(lines)


def _command(feature: str, scenario: str, deviation: Deviation) -> str:
    """Return what runs one scenario on a release that deviates."""
    release = _release(deviation)
    options = f" -D noetl={release}" if release else ""
    return f'.venv/bin/noetl-acceptance run features/{feature}.feature --name "{scenario}"{options}'


def _release(deviation: Deviation) -> str:
    """Return the newest release that a deviation names, as ``-D noetl=`` takes it."""
    if deviation.package != "noetl":
        return "rust" if deviation.package == "noetl-server" else ""
    named = {each.version for each in SpecifierSet(deviation.releases)}
    held = [Version(each) for each in named if Version(each) in SpecifierSet(deviation.releases)]
    return str(max(held)) if held else ""
