"""docs/conformance.md: which release keeps which claim, computed from what each was found to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.conformance.proven import row_ranges
from noetl_acceptance.conformance.releases.cells import HOLDS, Cell
from noetl_acceptance.conformance.releases.core import LEFT_OUT
from noetl_acceptance.conformance.releases.heat_map import LEGEND, columns_of, symbol_of
from noetl_acceptance.conformance.releases.page_lines import (
    claim_of,
    command_of,
    edition_of,
    others,
    pattern_rows_of,
    rows_of,
)
from noetl_acceptance.conformance.releases.release_file import ReleaseFile, name_of
from noetl_acceptance.conformance.releases.release_outcome import PLAIN, SMOKE
from noetl_acceptance.conformance.releases.statements import (
    CLASSES,
    Stretch,
    cell_of,
    changes,
    class_of,
    line_of,
    statement,
    stretches,
)
from noetl_acceptance.model.wording import counted
from noetl_acceptance.verdict.claims import Contract

HEAD = """\
# Which release keeps which claim

<!-- Made by `make pages` from docs/conformance/*.json; do not edit. -->

Each release of NoETL that is listed here was installed, started on an embedded sandbox, and tried
with the *core set*: fifteen scenarios on four executions, and two faults, all tagged `@core`.
Every word about a release on this page is computed from what was found then; the files have it as
it was produced. Each was tried once: what differs from both of its neighbours may be chance, and
`bisect` tells the odds. A span such as 2.8.5–2.10.0 means the releases tried from one to the
other, no others. The claims are those of [the contract](contract.md). The playbooks are those of
[the edition](explanation/editions.md) that goes with a release, and what is said of a release is
said of it with that edition.

What is not known is shown as unknown. A release is *not judged*, rather than called bad, where the
machine was too slow to tell or its generation cannot read the playbooks. So is a claim about a
fault that was not made, as its moment did not come or executions hang without a fault, and a claim
about rows where the rows that would show it are missing. Where an execution hangs, each claim that
it was to show counts as broken by that; the wait ends as soon as it is proven that nothing moves
any more. The sandbox lets nothing out: *403 Outside of the sandbox* in a finding means that NoETL
called another address than the one that it was given. Releases named *rust* are NoETL's Rust
programs; all others are the Python runtime.
"""


def conformance_page(releases: Sequence[ReleaseFile], contract: Contract) -> str:
    """Return the page's text.

    Args:
        releases: that were tried, the oldest first.
        contract: the claims.
    """
    if not releases:
        return f"{HEAD}\nNo release has been tried yet.\n"
    rows = rows_of(releases, contract)
    sections = [
        HEAD,
        coverage(releases),
        "\n## The claims\n",
        _claims(releases, rows, contract),
        *_pattern(releases, contract),
        "\n## The heat map\n",
        _heat_map(releases, rows),
        "\n## What changed between neighbours\n",
        _changes(releases),
        "\n## The releases\n",
        _releases(releases),
        "\n## Claim by claim\n",
        *(_claim(releases, row) for row in rows),
        *(_claim(others(releases), row) for row in pattern_rows_of(releases, contract)),
        "## What the core set leaves out\n",
        *(f"- {row_ranges(named)}: {reason}." for reason, named in LEFT_OUT.items()),
    ]
    return "\n".join(sections) + "\n"


def coverage(releases: Sequence[ReleaseFile]) -> str:
    """Return how many releases were tried, and which keep most claims of the core set."""
    held = {
        each.release: sum(1 for outcome in each.rows.values() if outcome.verdict == HOLDS)
        for each in releases
    }
    most = max(held.values())
    whole = max(len(each.rows) for each in releases)
    best = [release for release, count in held.items() if count == most]
    return (
        f"{counted(len(releases), 'release')} tried; others were not. The most claims "
        f"are kept by {', '.join(best)}: {most} of {whole}."
    )


def _claims(releases: Sequence[ReleaseFile], rows: Sequence[str], contract: Contract) -> str:
    told = [
        (f"[{row}](#{row.lower()})", claim_of(row, contract), cell(statement(releases, row)))
        for row in rows
    ]
    return table(("row", "claim", "what the releases say"), told)


PATTERN_HEAD = """\
What becomes of each claim when the playbooks are written as the documents write them: a loop of
http calls, and then one step over its results. The smoke test and the execution with many calls at
a time are tried so. The editions for the releases before 2.24 are written like that themselves:
what is said of these above is said of the pattern."""


def _pattern(releases: Sequence[ReleaseFile], contract: Contract) -> list[str]:
    rows = pattern_rows_of(releases, contract)
    if not rows:
        return []
    lines = _claims(others(releases), rows, contract)
    return ["\n## With the documents' own pattern\n", f"{PATTERN_HEAD}\n", lines]


def _heat_map(releases: Sequence[ReleaseFile], rows: Sequence[str]) -> str:
    columns = columns_of(releases, rows)
    head = ["row", *(each.span for each in columns)]
    classes = ["class", *(class_of(each.releases[0]) for each in columns)]
    editions = ["edition", *(each.edition for each in columns)]
    marks = [[row, *(symbol_of(each.cells[row]) for each in columns)] for row in rows]
    legend = ", ".join(f"{symbol} {word}" for word, symbol in LEGEND.items())
    about = f"Neighbours that are alike stand in one column. {legend}.\n\n"
    return about + table(head, [classes, editions, *marks])


CHANGES = ("from", "to", "rows", "before", "after")
"""What ``changes_of`` tells of each change."""


def changes_of(releases: Sequence[ReleaseFile]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what changed between neighbours, claims that changed alike in one."""
    for before, after in pairwise(releases):
        by_words: dict[tuple[str, str], list[str]] = {}
        for row, was, now in changes(before, after):
            by_words.setdefault((was, now), []).append(row)
        for (was, now), rows in by_words.items():
            yield before.release, after.release, ", ".join(rows), was, now


def _changes(releases: Sequence[ReleaseFile]) -> str:
    told = list(changes_of(releases))
    if not told:
        return "Nothing changed between the releases that were tried."
    return table(CHANGES, (tuple(map(cell, each)) for each in told))


NO_RANK = "The class ranks nothing: where all is recorded, more may be broken than elsewhere."


UNEQUAL = (
    "Seconds from the request for 200 travelers to the end, where it completed. Machines were not "
    "equally busy: compare neighbours, not numbers."
)


def _releases(releases: Sequence[ReleaseFile]) -> str:
    counts = Counter(map(class_of, releases))
    classes = [(name, about, str(counts[name])) for name, about in CLASSES.items()]
    told = [
        (
            f"[{each.release}](conformance/{name_of(each.asked)}.json)",
            class_of(each),
            cell(line_of(each)),
            each.edition,
            smoke_seconds(each),
            each.when[:10],
            f"`{each.commit}`",
            f"`{each.sha256[:12]}`" if each.sha256 else "–",
        )
        for each in releases
    ]
    head = ("release", "class", "in one line", "edition", "smoke test took", "when", "commit")
    return "\n\n".join(
        (
            table(("class", "means", "releases"), classes),
            NO_RANK,
            UNEQUAL,
            table((*head, "SHA-256 of the wheel"), told),
        )
    )


def smoke_seconds(found: ReleaseFile) -> str:
    """Return how long the smoke test's execution took, in words; a dash where it did not end."""
    took = [
        each.seconds
        for each in found.executions
        if each.about == PLAIN and each.expected == SMOKE and each.end == "playbook.completed"
    ]
    return f"{took[0]:.1f} s" if took else "–"


def _claim(releases: Sequence[ReleaseFile], row: str) -> str:
    by_name = {each.release: each for each in releases}
    told = [
        (
            each.span,
            cell(each.words),
            _said(each.releases, cell_of(by_name[each.releases[0]], row)),
            editions_of(each, row, by_name),
            "<br>".join(f"`{command_of(found, row)}`" for found in ends_of(each, by_name)),
        )
        for each in stretches(releases, row)
    ]
    head = ("releases", "what was seen", "first finding", "edition", "again")
    return f"### {row}\n\n{table(head, told)}\n"


def _said(releases: Sequence[str], found: Cell) -> str:
    """Return the finding of the first of some releases, and whose it is where they are several.

    What was found beside a claim that holds is not about it.
    """
    if found.word == HOLDS or not found.said:
        return "–"
    return cell(f"{releases[0]}: {found.said}" if len(releases) > 1 else found.said)


def editions_of(stretch: Stretch, row: str, by_name: Mapping[str, ReleaseFile]) -> str:
    """Return the editions with which a claim was tried on neighbours, in words."""
    return ", ".join(dict.fromkeys(edition_of(by_name[each], row) for each in stretch.releases))


def ends_of(stretch: Stretch, by_name: Mapping[str, ReleaseFile]) -> Iterator[ReleaseFile]:
    """Yield the first release of a stretch, and the last one where the claim is broken."""
    yield by_name[stretch.releases[0]]
    if len(stretch.releases) > 1 and stretch.words != HOLDS:
        yield by_name[stretch.releases[-1]]
