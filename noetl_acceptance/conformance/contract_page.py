"""docs/contract.md: every row, the scenarios that prove it, and what the records say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.conformance.release_results import Record
from noetl_acceptance.conformance.row_verdicts import (
    DEVIATES,
    FAILS,
    HOLDS,
    NOT_JUDGED,
    UNKNOWN,
    row_verdict,
    rules_of,
)
from noetl_acceptance.conformance.scenarios import Scenario
from noetl_acceptance.conformance.seconds import SecondsFile, seconds_table
from noetl_acceptance.generations.editions import is_rust
from noetl_acceptance.generations.rust import DRIVE
from noetl_acceptance.model.wording import counted
from noetl_acceptance.verdict.claims import Contract
from noetl_acceptance.verdict.exit_codes import FAILED
from noetl_acceptance.verdict.known_deviations import Deviation

_HEAD = f"""\
# The contract, row by row

<!-- Made by `make pages` from contract.yaml, the features' tags and results/; do not edit. -->

Each row is one claim of the two documents that describe the fixture (C), or what users expect
beyond them (P). The scenarios named beside it carry its id as a tag and prove it. The columns
between say what they found in the runs listed below, one column for each release and sandbox:

- *{HOLDS}*: every scenario of the row passed;
- *{DEVIATES}*: the release breaks the row in a way that is recorded as data (the name follows),
  and was seen again, just so;
- *{FAILS}*: a scenario failed;
- *{NOT_JUDGED}*: a scenario could not be applied, for the reason at the end of the page;
- {UNKNOWN}: the record does not have all of the row's scenarios.
"""


_RUST = f"""

The Rust server and worker are built by cargo from the crates registry, and the server drives the
executions ({DRIVE}): what is said of them is not said of the published images.
"""


def contract_page(
    contract: Contract,
    scenarios: Sequence[Scenario],
    records: Sequence[Record],
    deviations: Sequence[Deviation],
    seconds: SecondsFile | None = None,
) -> str:
    """Return the page's text.

    Args:
        contract: the rows and documents.
        scenarios: those of the features, whose tags name rows of the contract.
        records: of full runs, in the order of their columns.
        deviations: all that are recorded, those in the records among them.
        seconds: how long the same executions take on each NoETL, where that was measured.
    """
    sections = [
        _HEAD,
        "## The documents\n",
        _documents(contract),
        "\n## The runs\n",
        _records(records),
        *(["\n## How long it takes\n", seconds_table(seconds)] if seconds else []),
        "\n## The rows\n",
        _rows(contract, scenarios, records, rules_of(deviations)),
    ]
    if deviations:
        sections += ["\n## What breaks, in a user's words\n", _for_users(deviations)]
        sections += ["\n## The recorded deviations\n", *map(_deviation, deviations)]
    reasons = list(_not_judged(records))
    if reasons:
        sections += ["\n## Not judged\n", *reasons]
    return "\n".join(sections) + "\n"


def _documents(contract: Contract) -> str:
    rows = [(d.name, f"`{d.title}`: {d.about}", f"`{d.sha256}`") for d in contract.documents]
    return table(("name", "document", "SHA-256"), rows)


def _records(records: Sequence[Record]) -> str:
    if not records:
        return "None is recorded yet."
    rows = []
    for record in records:
        counts = Counter(ended.verdict for ended in record.scenarios)
        numbers = (
            str(counts["passed"]),
            str(counts["deviates"]),
            str(sum(counts[verdict] for verdict in FAILED)),
            str(counts["skipped"]),
        )
        run = (record.release, record.sandbox, record.when, f"`{record.commit}`", record.cli or "–")
        rows.append((*run, *numbers))
    head = ("NoETL", "sandbox", "when", "commit", "command line")
    runs = table((*head, "passed", "deviate", "failed", "not judged"), rows)
    later = [line for record in records if (line := _later(record))]
    rust = any(is_rust(record.release) for record in records)
    return "\n".join([runs, *later]) + (_RUST if rust else "")


def _later(record: Record) -> str:
    """Return in words which scenarios of a record are of later runs; empty where none is."""
    counts = Counter(sorted((each.when, each.commit) for each in record.scenarios if each.when))
    if not counts:
        return ""
    runs = "; ".join(
        f"{counted(n, 'scenario')} of {when} (`{at}`)" for (when, at), n in counts.items()
    )
    where = f"{record.release} on {record.sandbox}"
    return f"\nThe numbers of {where} include later runs: {runs}."


def _rows(
    contract: Contract,
    scenarios: Sequence[Scenario],
    records: Sequence[Record],
    rules: Mapping[str, tuple[str, ...]],
) -> str:
    columns = [f"{record.release} {record.sandbox}" for record in records]
    rows = []
    for name, row in contract.rows.items():
        proof = [_link(each) for each in scenarios if name in each.rows]
        said = []
        for record in records:
            verdict = row_verdict(name, scenarios, record, rules)
            links = ", ".join(f"[{each}](#{anchor(each)})" for each in verdict.deviations)
            said.append(f"{verdict.word}: {links}" if links else verdict.word)
        documents = ", ".join(row.documents) or "–"
        rows.append((name, documents, row.claim, *said, "<br>".join(proof) or "**none**"))
    return table(("row", "in", "claim", *columns, "scenarios"), rows)


def _for_users(deviations: Sequence[Deviation]) -> str:
    rows = [
        (
            f"{each.package} {each.span}",
            cell(each.users or each.name),
            each.since or "not known",
            f"[{', '.join(each.rules)}](#{anchor(each.name)})",
        )
        for each in sorted(deviations, key=lambda each: each.package)
    ]
    return table(("releases", "what you see", "since", "rows"), rows)


def anchor(title: str) -> str:
    """Return the anchor that Markdown gives a heading: lower case, dashes, no punctuation."""
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _link(scenario: Scenario) -> str:
    cases = f" ({len(scenario.cases)} cases)" if len(scenario.cases) > 1 else ""
    file = f"../features/{scenario.feature}.feature"
    return f"[{scenario.feature}]({file}): {cell(scenario.name)}{cases}"


def _deviation(deviation: Deviation) -> str:
    shown = "; ".join(map(cell, deviation.scenarios)) or "chance, in an execution of any scenario"
    by_chance = ", by chance" if deviation.chance else ""
    lines = [
        f"### {deviation.name}\n",
        f"{', '.join(deviation.rules)}, `{deviation.package}` `{deviation.releases}`{by_chance}.",
        f"{deviation.why.strip()}\n",
        f"Shown by: {shown}.\n",
    ]
    if deviation.reproduction:
        lines.append(f"Without the traveler playbooks: {deviation.reproduction.strip()}\n")
    return "\n".join(lines)


def _not_judged(records: Sequence[Record]) -> Iterable[str]:
    for record in records:
        for ended in record.scenarios:
            if ended.verdict == "skipped":
                where = f"{record.release} {record.sandbox}, {ended.feature}: {ended.scenario}"
                yield f"- {cell(where)}: {cell(ended.reason)}"
