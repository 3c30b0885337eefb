"""docs/mutants.md, and one for each other NoETL: what has caught each seeded defect."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten

from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.evidence.figures import utc_now
from noetl_acceptance.places import ROOT
from tests.mutants.defects import load_defects
from tests.mutants.running import Caught

PAGE = ROOT / "docs" / "mutants.md"

LONGEST = 300
"""Characters of a message that the page shows."""

_TOP = """\
# Seeded defects

Each line is one small change that breaks a promise, made on purpose, and the scenario that found
it on the real NoETL.

```sh
make mutants                    # all, as many at a time as this machine carries; LANES=N: N
make mutants ONLY=drops-one-row # one of them
make mutants QUICK=1            # a subset, several at once, that makes every check fail
```

The first two renew the lines of what they run. The changes are data, in `tests/mutants/defects/`,
with the rows that must catch each and the words that the message must hold. A defect counts as
caught only if a scenario of each of these rows has failed by the product with these words, and
nothing has failed by the sandbox or by the suite. Where the defect is one of the suite's means (a
fault that does not happen, a healing that does not), the scenario must fail by the sandbox or be
not judged instead: a NoETL that met no fault is not praised for it.

A run of all, and the quick one, fail as well when a check that a step uses has found nothing in any
of them: no change can blind a check unseen.
"""

_HEAD = ("defect", "changed", "must catch it", "caught by", "its words", "seconds", "when, commit")


_OTHER = """\
# Seeded defects on {noetl}

As [the others](mutants.md), on another NoETL: those that its edition of the pair can carry.

```sh
make mutants NOETL={noetl}
```
"""


def renew(caught: Caught, noetl: str = "") -> None:
    """Renew the page's line of a defect that has been run.

    Args:
        caught: what became of it.
        noetl: on which NoETL; empty for the default.
    """
    page = PAGE.with_name(f"mutants-{noetl}.md") if noetl else PAGE
    rows = {**_written(page), caught.defect.name: _row(caught)}
    known = [defect.name for defect in load_defects()]
    shown = [rows[name] for name in known if name in rows]
    survived = sum(row[3] == NOTHING for row in shown)
    minutes = sum(int(row[5]) for row in shown) / 60
    told = (
        f"{len(shown) if noetl else len(known)} defects, {len(shown)} of them run, "
        f"{survived} not caught; "
        f"{minutes:.0f} minutes for all of these runs, of which two go on at a time."
    )
    top = _OTHER.format(noetl=noetl) if noetl else _TOP
    page.write_text(f"{top}\n{told}\n\n{table(_HEAD, shown)}\n")


NOTHING = "**nothing**"


def _row(caught: Caught) -> list[str]:
    return [
        cell(caught.defect.name),
        cell(caught.defect.changed),
        ", ".join(caught.defect.caught),
        NOTHING if caught.problem else cell("; ".join(caught.scenarios)),
        cell(shorten(caught.problem or caught.message, LONGEST, placeholder=" …")),
        f"{caught.seconds:.0f}",
        f"{utc_now()[:10]}, {current_commit()}",
    ]


def _written(page: Path) -> dict[str, list[str]]:
    """Return the page's rows by their defect; none where there is no page."""
    if not page.exists():
        return {}
    lines = [line for line in page.read_text().splitlines() if line.startswith("| ")][1:]
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
    return {row[0]: row for row in rows}
