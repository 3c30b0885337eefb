"""What a release did under a fault, in a word: by the kinds of what was found."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from noetl_acceptance.checks.log_findings import CRASH
from noetl_acceptance.model.event_types import CANCELLED, UNENDED
from noetl_acceptance.model.record import ExecutionRecord

KEPT = "kept"
"""All that is demanded holds, and no row is missing."""

TOLD = "told"
"""All that is demanded holds; rows are missing, or it failed: the summary or a reason says so."""

REPEATED = "kept with repeats"
"""As ``KEPT``; calls were made again, no more than the commands explain that the fault met."""

LOSS_ROW = "P6"
"""The row of the contract that is about what an execution lost."""

OTHERWISE = "otherwise"
"""What is found is of a kind that no other word tells."""

NEW = "new-"
"""How the kinds begin that are about the new execution on the same services."""


class OutcomeClass(NamedTuple):
    """One way to break what is demanded.

    Args:
        word: what the page calls it.
        about: what it means, in a sentence.
        kinds: those of the findings that show it.
    """

    word: str
    about: str
    kinds: frozenset[str] = frozenset()


CLASSES = (
    OutcomeClass(
        "hangs",
        "The execution had not ended when the suite stopped watching: 120 seconds after the "
        "healing or later, or as soon as it was proven that it never will.",
        frozenset({"not-ended"}),
    ),
    OutcomeClass(
        "ends late",
        "The suite saw the execution end, but more than 120 seconds after the healing.",
        frozenset({"end-late"}),
    ),
    OutcomeClass(
        "lost silently",
        "The execution ended without a summary, or failed without a reason.",
        frozenset({"no-summary", "failed-without-reason"}),
    ),
    OutcomeClass(
        "told wrongly",
        "The summary or the status is wrong, or NoETL cancelled an execution that nobody asked it "
        "to cancel.",
        frozenset({"summary", "status-ended", "status-not-ended", "cancelled-unasked"}),
    ),
    OutcomeClass("doubled", "A traveler has two rows.", frozenset({"row-twice"})),
    OutcomeClass(
        "repeats",
        "More calls are repeated than the interrupted commands explain.",
        frozenset({"call-repeated"}),
    ),
    OutcomeClass(
        "ghost",
        "A call, a row or a worker execution came after the end.",
        frozenset(
            {"call-after-end", "row-past-end", "row-after-end", "seed-after-end", "child-after-end"}
        ),
    ),
    OutcomeClass(
        "service gone",
        "A service ended by itself: the suite had not ended it.",
        frozenset({CRASH, "new-service-missing"}),
    ),
    OutcomeClass(
        "new execution fails",
        "After the healing a new execution on the same services is refused or incomplete.",
    ),
    OutcomeClass(OTHERWISE, "The finding is of another kind; the deviation says which."),
)
"""From the worst on; the last two take what else begins with ``new-``, and what no other takes."""

_NEW_FAILS, _OTHERWISE = CLASSES[-2:]


def classes_of(kinds: Collection[str]) -> tuple[str, ...]:
    """Return the words for findings of these kinds, the worst first; none where there are none."""
    found = {_class_of(kind).word for kind in kinds}
    return tuple(each.word for each in CLASSES if each.word in found)


def _class_of(kind: str) -> OutcomeClass:
    rest = _NEW_FAILS if kind.startswith(NEW) else _OTHERWISE
    return next((each for each in CLASSES if kind in each.kinds), rest)


def loss_in(record: ExecutionRecord) -> str:
    """Return in words which rows an execution lost, and how it ended.

    Whether it told the loss truly is for the checks to say. Empty where it completed and none is
    missing, and where it has not ended.
    """
    missing = len(record.missing_ids)
    if record.end == UNENDED:
        return ""
    rows = f"{missing} of {record.workload.expected_rows} rows missing" if missing else ""
    if record.end == "playbook.completed":
        return rows
    rows = rows or "no row missing"
    return f"{'cancelled' if record.end == CANCELLED else 'failed'}, {rows}"
