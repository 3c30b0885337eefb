"""What findings say of a claim, in a few words: computed from their kinds."""

from __future__ import annotations

from collections.abc import Sequence

WORDS = {
    "hangs": "hangs",
    "late": "does not end in time",
    "refused": "the request is refused",
    "not-ended": "hangs",
    "end-late": "ends late",
    "no-summary": "there is no summary",
    "not-completed": "does not complete",
    "row-missing": "rows are missing",
    "nothing-stored": "no row is stored",
    "row-stored": "other numbers of rows are stored",
    "row-twice": "rows are doubled",
    "ledger-valid": "valid rows are missing",
    "ledger-invalid": "rows are invalid",
    "answer-not-stored": "good answers are not stored",
    "row-past-end": "rows are stored after the end",
    "row-no-reason": "invalid rows give no reason",
    "batches-with-rows": "batches have no row",
    "loss-unexplained": "nothing says why rows are lost",
    "missing-untold": "missing rows are not told",
    "summary": "the summary is not as it must be",
    "bad-answer-valid": "a bad answer becomes a valid row",
    "call-missing": "travelers are not requested",
    "call-repeated": "travelers are requested again",
    "call-extra": "travelers out of range are requested",
    "call-count": "more or fewer calls are made",
    "call-name": "names are changed on their way to the profile API",
    "call-after-end": "calls are made after the end",
    "others-lost": "the others of a batch are lost with a bad answer",
    "answer": "the request is answered without an id",
    "rounds": "other numbers of batches are carried out",
    "batch-turn": "batches overlap",
    "batch-order": "batches overlap",
    "foreign-slice": "batches have each other's travelers",
    "children": "batches have no worker execution, or several",
    "child-not-completed": "worker executions do not complete",
    "batch-not-ended": "a batch starts before the one before it has ended",
    "slices-overlap": "batches overlap",
    "batch-number": "rows carry another batch's number",
    "validate-enters": "the parent does not continue exactly once",
    "validate-early": "the parent continues before the last batch has ended",
    "loop-early": "the parent continues before the last batch has ended",
    "not-parallel": "calls come one at a time",
    "not-parallel-loop": "calls come one at a time",
    "max-in-flight": "more calls are in flight than allowed",
    "secret-leaked": "a password is logged",
    "reason-without-name": "the error does not name the credential",
    "no-reason": "no error gives a reason",
    "not-failed": "does not fail",
    "status-failed": "the status says failed",
    "status-early": "the status tells of the end too early",
    "status-missing": "the status tells nothing",
    "status-not-completed": "the status does not tell of the end",
    "status-not-ended": "the status does not tell of the end",
    "status-ended": "the status tells of an end that is none",
    "seed-extra": "more travelers are seeded than asked for",
    "slice-not-requested": "a worker execution leaves its travelers unrequested",
    "nothing-to-judge": "nothing of it is done",
    "fault-missing": "the call that gets a bad answer is not made",
    "never-done": "is broken off with commands never done",
    "never-claimed": "is broken off with commands never done",
    "cancelled-unasked": "is cancelled, which nobody asked for",
    "failed-without-reason": "fails without a reason",
    "new-refused": "the next request is refused",
    "new-not-ended": "the next execution hangs",
    "new-not-completed": "the next execution does not complete",
    "new-no-summary": "the next execution has no summary",
    "new-call-missing": "the next execution leaves travelers unrequested",
    "new-row-missing": "the next execution loses rows",
    "row-after-end": "rows are stored after the end",
    "child-after-end": "a worker execution goes on after the end",
    "row-after-worker": "rows come after their worker execution has ended",
    "traceback": "a service logs a traceback",
    "service-crash": "a service of NoETL's ends by itself",
    "failed": "fails",
}
"""What a finding of each kind is called; of several kinds the first one here is told."""

ROWS_LOST = frozenset(
    {
        *("row-missing", "nothing-stored", "row-stored", "batches-with-rows"),
        *("ledger-valid", "ledger-invalid", "answer-not-stored"),
    }
)
"""The kinds that say that rows are not there, or not valid; the execution tells where they are."""


def words_of(kinds: Sequence[str], lost: str = "") -> str:
    """Return what findings say, in a few words.

    Args:
        kinds: of the findings, at least one.
        lost: where the missing rows of the execution stand, if any are missing.
    """
    known = next((kind for kind in WORDS if kind in kinds), "")
    if lost and (known in ROWS_LOST or (not known and ROWS_LOST.intersection(kinds))):
        return lost
    return WORDS.get(known) or kinds[0].replace("-", " ")
