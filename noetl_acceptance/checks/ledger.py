"""Conservation: what is seeded is stored, each traveler once, valid or invalid with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from noetl_acceptance.checks.calls import require_travelers
from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.columns import lacking
from noetl_acceptance.checks.history import batches_handled, children, side_by_side
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import Finding, about, batches_of, nothing_to_judge
from noetl_acceptance.model.record import ExecutionRecord, RowCounts
from noetl_acceptance.model.wording import counted

OUTCOMES = ("valid", "invalid")

_NUMBER = ("smallint", "bigint", "numeric", "real", "double precision", "integer")
_TYPES = {
    "traveler_id": _NUMBER,
    "profile_status": _NUMBER,
    "batch_number": _NUMBER,
    "is_valid": ("boolean",),
}
"""What the documents' queries take the target's columns for: of texts, "9" is more than "10"."""


@check("source-seeded")
def seeded(record: ExecutionRecord, count: int) -> list[Finding]:
    """The source holds travelers 1 … ``count`` under the execution's id, each once (C01)."""
    wanted = range(1, count + 1)
    counts = Counter(row.traveler_id for row in record.outcome.source)
    return _difference(counts, wanted, "seed", "the source table")


@check("travelers-conserved")
def conserved(record: ExecutionRecord) -> list[Finding]:
    """No traveler in range is missing, stored twice or added; invalid rows say why (P1).

    Raises:
        NotJudgedError: there are invalid rows and the pair has no column for the reason.
    """
    stored = record.outcome.stored
    counts = Counter(row.traveler_id for row in stored)
    found = _difference(counts, record.workload.travelers, "row", "the target table")
    undecided = [row.traveler_id for row in stored if row.is_valid is None]
    found += about("row-undecided", "rows are neither valid nor invalid", undecided)
    doubtful = [r.traveler_id for r in stored if r.is_valid and (r.reason or "").strip()]
    found += about("row-valid-with-reason", "valid rows say why they are invalid", doubtful)
    invalid = [row for row in stored if row.is_valid is False]
    lack = lacking(record, "reason", "why a row is invalid")
    if not lack:
        silent = [row.traveler_id for row in invalid if not (row.reason or "").strip()]
        found += about("row-no-reason", "invalid rows do not say why", silent)
    elif invalid and not found:
        raise NotJudgedError(lack)
    return found


@check("other-travelers-valid")
def others_valid(record: ExecutionRecord, spared: Sequence[int]) -> list[Finding]:
    """Bad answers about some travelers cost no other one in range its valid row (P1).

    Args:
        record: the recorded execution.
        spared: the travelers about whom the profile API answers badly.
    """
    valid = {row.traveler_id for row in record.outcome.stored if row.is_valid}
    wanted = [i for i in record.workload.travelers if i not in spared]
    lost = [i for i in wanted if i not in valid]
    well = {call.traveler_id for call in record.outcome.calls if call.good}
    message = (
        f"{len(lost)} without a valid row, {len(well.intersection(lost))} of them answered well"
    )
    return [
        *nothing_to_judge(record, "other travelers", wanted),
        *about("others-lost", message, lost),
    ]


@check("rows-by-outcome")
def ledger_is(record: ExecutionRecord, wanted: Mapping[str, int]) -> list[Finding]:
    """The stored rows by outcome are exactly ``wanted`` (C24, C26).

    Args:
        record: the recorded execution.
        wanted: rows by outcome (``valid``, ``invalid``); an outcome left out stands for none.
    """
    seen = Counter("valid" if row.is_valid else "invalid" for row in record.outcome.stored)
    invalid = tuple(sorted({r.traveler_id for r in record.outcome.stored if not r.is_valid}))
    named = {"valid": record.missing_ids + invalid, "invalid": invalid}
    found = [
        Finding(
            f"ledger-{outcome}",
            f"{counted(wanted.get(outcome, 0), f'{outcome} row')} expected, {seen[outcome]} stored",
            named[outcome],
            batches_of(record, (*named[outcome], *record.doubled_ids)),
        )
        for outcome in OUTCOMES
        if seen[outcome] != wanted.get(outcome, 0)
    ]
    return found + conserved(record)


@check("no-traveler-missing")
def nothing_missing(record: ExecutionRecord) -> list[Finding]:
    """``missing_rows = 0`` over ``LEAST(seed_rows, batch_size * max_batches)`` (C25).

    As in the document's SQL: source rows in range that have no row in the target.
    """
    in_range = {
        row.traveler_id
        for row in record.outcome.source
        if row.traveler_id <= record.workload.expected_rows
    }
    missing = sorted(in_range - record.stored_ids)
    found = nothing_to_judge(record, "source rows", in_range)
    return found + about("row-missing", f"{counted(len(missing), 'row')} missing", missing)


@check("rows-have-status-200")
def all_answered(record: ExecutionRecord) -> list[Finding]:
    """Every stored row has HTTP status 200 (C24)."""
    other = [r.traveler_id for r in record.outcome.stored if r.profile_status != 200]
    found = nothing_to_judge(record, "rows", record.outcome.stored)
    return found + about("status-not-200", "rows without HTTP status 200", other)


@check("column-types")
def columns_typed(record: ExecutionRecord) -> list[Finding]:
    """The target's columns are of the types that the documents' queries need (C24).

    Raises:
        NotJudgedError: the types are not recorded.
    """
    if not record.outcome.types:
        raise NotJudgedError("the types of the target table's columns are not recorded")
    return [
        Finding("column-type", f"{column} is {seen}, not {wanted[-1]}", seen=seen)
        for column, wanted in _TYPES.items()
        if (seen := record.outcome.types.get(column, "not there")) not in wanted
    ]


@check("batch-numbers")
def batch_numbers(record: ExecutionRecord) -> list[Finding]:
    """Each row carries the number of the batch that its traveler belongs to (C10)."""
    wrong = [
        r
        for r in record.outcome.stored
        if r.batch_number != record.workload.batch_of(r.traveler_id)
    ]
    found = nothing_to_judge(record, "rows", record.outcome.stored)
    if wrong:
        first = wrong[0]
        message = (
            f"rows carry another batch's number, e.g. traveler {first.traveler_id} has "
            f"{first.batch_number} instead of {record.workload.batch_of(first.traveler_id)}"
        )
        found += about("batch-number", message, [r.traveler_id for r in wrong])
    return found


@check("batches-with-rows")
def batches_with_rows(record: ExecutionRecord, count: int, highest: int) -> list[Finding]:
    """``count`` batches have rows, the highest number being ``highest`` (C10, C24)."""
    seen = {row.batch_number for row in record.outcome.stored if row.batch_number is not None}
    odd = tuple(sorted(set(range(1, highest + 1)) ^ seen))
    found = []
    if len(seen) != count:
        message = f"{counted(count, 'batch')} with rows expected, {len(seen)} seen"
        found.append(Finding("batches-with-rows", message, batches=odd))
    if max(seen, default=0) != highest:
        message = f"highest batch is {max(seen, default=0)}, not {highest}"
        found.append(Finding("highest-batch", message, batches=odd))
    return found


@check("rows-stored-before-worker-ends")
def stored_by_worker(record: ExecutionRecord) -> list[Finding]:
    """A batch's rows are stored by the time its worker execution has ended (C07, C09).

    Judged by the rows counted while the run went on: at each count those of the batches that had
    ended before must be there, as far as they are stored at all. And by the rows' own time.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler, which tells whose batch a
            worker execution ran.
    """
    require_travelers(record)
    ran = children(record)
    if side_by_side(ran):
        return []  # told as such by the order of the executions
    by_batch = Counter(record.workload.batch_of(row.traveler_id) for row in record.outcome.stored)
    ended = {
        batch: child.ended
        for child, batch in zip(ran, batches_handled(record, ran), strict=True)
        if child.ended is not None and batch is not None
    }
    due, over = 0, 0
    in_turn = sorted(ended, key=lambda batch: ended[batch])
    for sample in sorted(record.samples, key=lambda sample: sample.at):
        while over < len(in_turn) and ended[in_turn[over]] <= sample.at:
            due += by_batch[in_turn[over]]
            over += 1
        if sample.stored < due:
            message = (
                f"{counted(sample.stored, 'row')} stored {sample.at - record.started_at:.1f} s "
                f"after the start, although worker executions of {counted(due, 'row')} had ended"
            )
            batches = tuple(sorted(in_turn[:over]))
            return [Finding("row-after-worker", message, batches=batches)]
    times = stored_times(record)
    late = [i for i, at in times if at > ended.get(record.workload.batch_of(i), at)]
    return [
        *nothing_to_judge(record, "rows", record.outcome.stored),
        *about("row-after-worker", "rows stored after their worker execution had ended", late),
    ]


def stored_times(record: ExecutionRecord) -> list[tuple[int, float]]:
    """Return rows' travelers and when they were stored, as far as the column is to be believed.

    A time before the run or in the future is of another clock or zone. Whole seconds may have been
    rounded up by as much as half a second: they are taken a second earlier.
    """
    times = [
        (row.traveler_id, row.stored_at)
        for row in record.outcome.stored
        if row.stored_at is not None
        and record.started_at <= row.stored_at <= record.outcome.read_at
    ]
    whole = all(at == int(at) for _, at in times)
    return [(i, at - 1 if whole else at) for i, at in times]


@check("stored-in-named-database")
def stored_where_named(record: ExecutionRecord) -> list[Finding]:
    """The database that the credential names holds the run's rows, and no other does (C15)."""
    return [*stored_at_all(record), *none_misplaced(record)]


@check("rows-stored")
def stored_at_all(record: ExecutionRecord) -> list[Finding]:
    """The database that the credential names holds rows of this execution (C15)."""
    if record.outcome.source and record.outcome.stored:
        return []
    there = RowCounts(source=len(record.outcome.source), stored=len(record.outcome.stored))
    return [Finding("nothing-stored", str(there), record.missing_ids)]


@check("no-row-misplaced")
def none_misplaced(record: ExecutionRecord) -> list[Finding]:
    """No row of the execution is in the default database, where it names another (C15)."""
    astray = record.misplaced
    if not astray.source and not astray.stored:
        return []
    return [Finding("row-misplaced", f"{astray} in the default database")]


@check("other-rows-untouched")
def others_untouched(record: ExecutionRecord) -> list[Finding]:
    """No row of another execution was added, changed or removed (P1, C42).

    Those that go on side by side with it change theirs themselves.
    """
    before, after = record.others_before, record.outcome.others
    found = []
    for execution in sorted((before.keys() | after.keys()) - set(record.siblings)):
        then, now = before.get(execution), after.get(execution)
        if then != now:
            told = [str(counts or "no rows") for counts in (then, now)]
            if told[0] == told[1]:
                told[1] = "as many with other content"
            found.append(
                Finding("other-execution", f"execution {execution} had {told[0]}, now {told[1]}")
            )
    return found


def _difference(counts: Counter[int], wanted: range, kind: str, where: str) -> list[Finding]:
    missing = [i for i in wanted if i not in counts]
    twice = [i for i, n in counts.items() if n > 1]
    extra = [i for i in counts if i not in wanted]
    return [
        *about(f"{kind}-missing", f"{len(missing)} missing from {where}", missing),
        *about(f"{kind}-duplicate", f"{len(twice)} more than once in {where}", twice),
        *about(f"{kind}-extra", f"{len(extra)} unexpected in {where}", extra),
    ]
