"""docs/mutants.md: what has caught each seeded defect."""

from __future__ import annotations

from collections.abc import Sequence

from noetl_acceptance.contract.markdown import cell, table
from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.evidence.figures import utc_now
from noetl_acceptance.settings import ROOT
from tests.mutants.running import Caught

PAGE = ROOT / "docs" / "mutants.md"

_TOP = """\
# Seeded defects

Each line is one small change that breaks a promise, made on purpose, and the scenario that found
it on the real NoETL. The page is written by a run of all of them:

```sh
make mutants                    # all, on one embedded sandbox as far as they can share it
make mutants ONLY=drops-one-row # one of them, which writes nothing here
```

The changes are data, in `tests/mutants/defects/`, with the rows that must catch each and the words
that the message must hold. A defect counts as caught only if a scenario of each of these rows has
failed by the product with these words, and nothing has failed by the sandbox or by the suite.
"""


def write(caught: Sequence[Caught], seconds: float) -> None:
    """Write the page for a run of all defects.

    Args:
        caught: what became of each.
        seconds: that it took in all.
    """
    survived = sum(bool(each.problem) for each in caught)
    ran = f"Run of {utc_now()[:10]} at commit {current_commit()}"
    told = f"{ran}: {len(caught)} defects, {survived} survived, {seconds / 60:.0f} minutes."
    PAGE.write_text(f"{_TOP}\n{told}\n\n{table(_HEAD, map(_cells, caught))}\n")


_HEAD = ("defect", "changed", "must be caught by", "caught by", "its words", "seconds")


def _cells(caught: Caught) -> list[str]:
    cells = (
        caught.defect.name,
        caught.defect.changed,
        ", ".join(caught.defect.caught),
        "; ".join(caught.scenarios) or "nothing",
        caught.problem or caught.message,
        f"{caught.seconds:.0f}",
    )
    return [cell(each) for each in cells]
