"""Conservation: what is seeded is stored, each traveler once, valid or invalid with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from noetl_acceptance.checks.findings import Finding, NotJudgedError
from noetl_acceptance.run import Run, StoredRow

OUTCOMES = ("valid", "invalid")


def seeded(run: Run, count: int) -> list[Finding]:
    """The source holds travelers 1 … ``count`` under the execution's id, each once (row 1)."""
    wanted = range(1, count + 1)
    counts = Counter(row.traveler_id for row in run.outcome.source)
    return _difference(counts, wanted, "seed", "the source table")


def conserved(run: Run) -> list[Finding]:
    """No traveler in range is missing, stored twice or added; invalid rows say why (P1)."""
    counts = Counter(row.traveler_id for row in run.outcome.stored)
    found = _difference(counts, run.workload.travelers, "row", "the target table")
    undecided = [row.traveler_id for row in run.outcome.stored if row.is_valid is None]
    if undecided:
        found.append(_about("row-undecided", "rows are neither valid nor invalid", undecided))
    if run.pair.names.reason is not None:
        silent = [
            row.traveler_id
            for row in run.outcome.stored
            if row.is_valid is False and not (row.reason or "").strip()
        ]
        if silent:
            found.append(_about("row-no-reason", "invalid rows do not say why", silent))
    return found


def ledger_is(run: Run, wanted: Mapping[str, int]) -> list[Finding]:
    """The stored rows by outcome are exactly ``wanted`` (rows 24 and 26).

    Args:
        run: the recorded execution.
        wanted: rows by outcome (``valid``, ``invalid``); an outcome left out stands for none.
    """
    seen = Counter("valid" if row.is_valid else "invalid" for row in run.outcome.stored)
    found = []
    for outcome in OUTCOMES:
        if seen[outcome] != wanted.get(outcome, 0):
            invalid = [row.traveler_id for row in run.outcome.stored if not row.is_valid]
            found.append(
                _about(
                    f"ledger-{outcome}",
                    f"{wanted.get(outcome, 0)} {outcome} rows expected, {seen[outcome]} stored",
                    invalid if outcome == "invalid" else [],
                )
            )
    return found + conserved(run)


def nothing_missing(run: Run) -> list[Finding]:
    """``missing_rows = 0`` over ``LEAST(seed_rows, batch_size * max_batches)`` (row 25).

    As in the document's SQL: source rows in range that have no row in the target.
    """
    in_range = {
        row.traveler_id
        for row in run.outcome.source
        if row.traveler_id <= run.workload.expected_rows
    }
    missing = sorted(in_range - run.stored_ids)
    return [_about("row-missing", f"{len(missing)} rows missing", missing)] if missing else []


def all_answered(run: Run) -> list[Finding]:
    """Every stored row has HTTP status 200 (row 24)."""
    other = [r.traveler_id for r in run.outcome.stored if r.profile_status != 200]
    return [_about("status-not-200", "rows without HTTP status 200", other)] if other else []


def enriched(run: Run) -> list[Finding]:
    """A valid row holds that traveler's own answer, validated and transformed (row 7).

    Raises:
        NotJudgedError: the pair has no columns for the answer and the transformed name.
    """
    names = run.pair.names
    if names.payload is None and names.normalized_name is None:
        raise NotJudgedError("the pair keeps neither the answer nor a normalised name")
    valid = [row for row in run.outcome.stored if row.is_valid]
    sources = {row.traveler_id: row.name for row in run.outcome.source}
    found = []
    if names.payload is not None:
        foreign = [r.traveler_id for r in valid if not _own_answer(r, names.call_traveler_id)]
        if foreign:
            found.append(
                _about("payload-foreign", "valid rows whose answer names no such traveler", foreign)
            )
    if names.source_name is not None and names.name is not None:
        renamed = [r.traveler_id for r in valid if r.name != sources.get(r.traveler_id)]
        if renamed:
            found.append(_about("name-changed", "names differ from the source", renamed))
    if names.source_name is not None and names.normalized_name is not None:
        raw = [
            r.traveler_id
            for r in valid
            if r.normalized_name != (sources.get(r.traveler_id) or "").strip().upper()
        ]
        if raw:
            found.append(_about("name-not-normalised", "names are not trimmed and upper case", raw))
    return found


def _own_answer(row: StoredRow, parameter: str | None) -> bool:
    """Whether the payload's arguments name the row's own traveler."""
    arguments = row.payload.get("args") if isinstance(row.payload, dict) else None
    if not isinstance(arguments, dict) or parameter is None:
        return False
    return str(arguments.get(parameter)) == str(row.traveler_id)


def batch_numbers(run: Run) -> list[Finding]:
    """Each row carries the number of the batch that its traveler belongs to (row 10)."""
    wrong = [
        r for r in run.outcome.stored if r.batch_number != run.workload.batch_of(r.traveler_id)
    ]
    if not wrong:
        return []
    first = wrong[0]
    return [
        Finding(
            "batch-number",
            f"rows carry another batch's number, e.g. traveler {first.traveler_id} has "
            f"{first.batch_number} instead of {run.workload.batch_of(first.traveler_id)}",
            tuple(r.traveler_id for r in wrong),
        )
    ]


def batches_with_rows(run: Run, count: int, highest: int) -> list[Finding]:
    """``count`` batches have rows, the highest number being ``highest`` (rows 10 and 24)."""
    seen = {row.batch_number for row in run.outcome.stored if row.batch_number is not None}
    found = []
    if len(seen) != count:
        found.append(
            Finding(
                "batches-with-rows",
                f"{count} batches with rows expected, {len(seen)} seen",
                batches=tuple(sorted(set(range(1, highest + 1)) ^ seen)),
            )
        )
    if max(seen, default=0) != highest:
        found.append(
            Finding("highest-batch", f"highest batch is {max(seen, default=0)}, not {highest}")
        )
    return found


def stored_at_all(run: Run) -> list[Finding]:
    """The database that the credential names holds rows of this execution (row 15)."""
    if run.outcome.source and run.outcome.stored:
        return []
    return [
        Finding(
            "nothing-stored",
            f"{len(run.outcome.source)} source rows and {len(run.outcome.stored)} result rows",
        )
    ]


def _difference(counts: Counter[int], wanted: range, kind: str, where: str) -> list[Finding]:
    missing = [i for i in wanted if i not in counts]
    twice = [i for i, n in counts.items() if n > 1]
    extra = [i for i in counts if i not in wanted]
    found = []
    if missing:
        found.append(_about(f"{kind}-missing", f"{len(missing)} missing from {where}", missing))
    if twice:
        found.append(_about(f"{kind}-duplicate", f"{len(twice)} more than once in {where}", twice))
    if extra:
        found.append(_about(f"{kind}-extra", f"{len(extra)} unexpected in {where}", extra))
    return found


def _about(kind: str, message: str, travelers: list[int]) -> Finding:
    return Finding(kind, message, tuple(sorted(set(travelers))))
