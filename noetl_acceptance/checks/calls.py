"""The profile API's journal: each traveler once, in its own name, no more in flight than asked."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.findings import (
    Finding,
    about,
    batches_of,
    example,
    nothing_to_judge,
    travelers_of,
)
from noetl_acceptance.model.record import Call, ExecutionRecord
from noetl_acceptance.model.wording import counted
from noetl_acceptance.profile_api.journal import base_path

NAMELESS = "the pair's calls do not name their traveler"

_SPECIAL = frozenset("'\"\\{}%$")
"""What breaks careless SQL, templates and URLs."""


@check("requested-until-answered")
def exactly_once(record: ExecutionRecord) -> list[Finding]:
    """Each traveler is requested until one good answer and not again (P2).

    A call may be repeated only after an answer that failed for that traveler.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    by_traveler: dict[int | None, list[Call]] = defaultdict(list)
    for call in record.outcome.calls:
        by_traveler[call.traveler_id].append(call)
    # Whose call broke off within the request may not have come to name a traveler.
    nameless = [call for call in by_traveler.pop(None, []) if call.answer != "abandoned"]
    wanted = record.workload.travelers
    named = [i for i in by_traveler if i is not None]
    never = [i for i in wanted if i not in by_traveler]
    extra = [i for i in named if i not in wanted]
    again = [i for i in named if _repeated(by_traveler[i])]
    most = max((len(by_traveler[i]) for i in again), default=0)
    found = []
    if nameless:
        message = f"{counted(len(nameless), 'call')} without a traveler, e.g. {nameless[0].path}"
        found.append(Finding("call-nameless", message))
    return [
        *found,
        *about("call-missing", f"{len(never)} never requested", never),
        *about("call-extra", f"{len(extra)} requested but out of range", extra),
        *about(
            "call-repeated", f"requested again without need, up to {counted(most, 'time')}", again
        ),
    ]


@check("not-requested-again")
def never_again(record: ExecutionRecord) -> list[Finding]:
    """No traveler is requested again after a good answer (P2).

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    answered: dict[int, float] = {}
    for call in record.outcome.calls:
        if call.traveler_id is not None and call.good and call.departed is not None:
            earlier = answered.get(call.traveler_id, call.departed)
            answered[call.traveler_id] = min(earlier, call.departed)
    again = {
        call.traveler_id
        for call in record.outcome.calls
        if call.traveler_id is not None and call.arrived > answered.get(call.traveler_id, math.inf)
    }
    return [
        *nothing_to_judge(record, "calls", record.outcome.calls),
        *about("call-repeated", "requested again after a good answer", again),
    ]


def require_travelers(record: ExecutionRecord) -> str:
    """Return the parameter by which the pair's calls name their traveler.

    Raises:
        NotJudgedError: they do not.
    """
    if record.pair.names.call_traveler_id is None:
        raise NotJudgedError(NAMELESS)
    return record.pair.names.call_traveler_id


def calls_without_need(record: ExecutionRecord) -> dict[int, int]:
    """Return how many calls each traveler got that no failed answer explains, where any."""
    by_traveler: dict[int, list[Call]] = defaultdict(list)
    for call in record.outcome.calls:
        if call.traveler_id is not None:
            by_traveler[call.traveler_id].append(call)
    counts = {traveler: _repeated(calls) for traveler, calls in by_traveler.items()}
    return {traveler: count for traveler, count in counts.items() if count}


def _repeated(calls: Sequence[Call]) -> int:
    """Return how many calls began while or after another one that did not fail."""
    ordered = sorted(calls, key=lambda call: call.arrived)
    return sum(
        before.good or before.departed is None or before.departed > after.arrived
        for before, after in itertools.pairwise(ordered)
    )


@check("call-count")
def count_is(record: ExecutionRecord, wanted: int) -> list[Finding]:
    """The journal holds exactly ``wanted`` calls; judged for every pair."""
    seen = len(record.outcome.calls)
    if seen == wanted:
        return []
    counts = Counter(
        travelers_of([call])[0] for call in record.outcome.calls if travelers_of([call])
    )
    odd = [i for i in record.workload.travelers if counts and i not in counts]
    odd += [i for i, n in counts.items() if n > 1]
    message = f"{counted(wanted, 'call')} expected, {seen} seen"
    return [Finding("call-count", message, tuple(sorted(set(odd))), batches_of(record, odd))]


@check("called-as-addressed")
def as_addressed(record: ExecutionRecord) -> list[Finding]:
    """Each call goes to the address that the run names, or below it, and no call is missing (C36).

    Of a call to another address nothing may be known but that it is missing here.
    """
    elsewhere = []
    for call in record.outcome.calls:
        scenario = call.path.split("/")[2]  # whose journal it stands in
        path = call.path.partition("?")[0]
        if not f"{path}/".startswith(f"{base_path(scenario)}/"):
            elsewhere.append(call)
    found = []
    if elsewhere:
        message = f"{counted(len(elsewhere), 'call')} to another address, e.g. {elsewhere[0].path}"
        found.append(Finding("call-elsewhere", message, travelers_of(elsewhere)))
    requested = set(travelers_of(record.outcome.calls))
    absent = [i for i in record.workload.travelers if i not in requested]
    nameless = sum(call.traveler_id is None for call in record.outcome.calls)
    if len(absent) > nameless:
        away = [*record.strays, *(record.attempts or ())]
        known = f"; calls elsewhere, e.g. {away[0]}" if away else ""
        count = counted(len(absent) - nameless, "traveler")
        message = f"{count} not requested at the address{known}"
        who = () if nameless else tuple(absent)
        found.append(Finding("call-missing", message, who, batches_of(record, who)))
    return found


def peak_in_flight(calls: Sequence[Call]) -> int:
    """Return how many calls were open at once at the most (0 for no call)."""
    steps = [(c.arrived, 1) for c in calls]
    steps += [(c.departed, -1) for c in calls if c.departed is not None]
    peak = now = 0
    for _, step in sorted(steps):
        now += step
        peak = max(peak, now)
    return peak


@check("calls-in-flight")
def in_flight_between(record: ExecutionRecord, least: int, most: int) -> list[Finding]:
    """The peak of calls in flight is from ``least`` to ``most`` (C05, C37)."""
    peak = peak_in_flight(record.outcome.calls)
    if peak < least and (nothing := nothing_to_judge(record, "call", record.outcome.calls)):
        return nothing
    if peak < least:
        return [
            Finding(
                "not-parallel",
                f"at least {counted(least, 'call')} in flight wanted, peak {peak}",
                seen=peak,
            )
        ]
    if peak > most:
        return [
            Finding(
                "too-parallel",
                f"at most {counted(most, 'call')} in flight allowed, peak {peak}",
                seen=peak,
            )
        ]
    return []


@check("one-good-answer-per-valid-row")
def answers_stored(record: ExecutionRecord) -> list[Finding]:
    """Each valid row stands on exactly one good answer for its traveler (P3, P4).

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    require_travelers(record)
    good = Counter(
        c.traveler_id for c in record.outcome.calls if c.good and c.traveler_id is not None
    )
    valid = {row.traveler_id for row in record.outcome.stored if row.is_valid}
    return [
        *nothing_to_judge(record, "calls", record.outcome.calls),
        *about(
            "row-without-answer",
            "valid rows without a good answer",
            [i for i in valid if good[i] == 0],
        ),
        *about(
            "row-several-answers", "more than one good answer", [i for i in valid if good[i] > 1]
        ),
        *about(
            "answer-not-stored",
            "good answers without a valid row",
            [i for i in good if i not in valid],
        ),
    ]


@check("names-sent-unchanged")
def names_unharmed(record: ExecutionRecord) -> list[Finding]:
    """Each call names its traveler exactly as the source does (C07).

    Raises:
        NotJudgedError: the calls or the source hold no names, or only plain ones.
    """
    names = record.pair.names
    if None in (names.call_traveler_id, names.call_traveler_name, names.source_name):
        raise NotJudgedError("the pair's calls or source rows hold no names")
    seeded = {row.traveler_id: row.name or "" for row in record.outcome.source}
    if seeded and not any(set(name) & _SPECIAL or not name.isascii() for name in seeded.values()):
        raise NotJudgedError("the pair seeds no name with special characters")
    harmed = {
        call.traveler_id: call.traveler_name
        for call in record.outcome.calls
        if call.traveler_id is not None and call.traveler_name != seeded.get(call.traveler_id)
    }
    message = f"requested under another name than seeded{example(seeded, harmed)}"
    return [
        *nothing_to_judge(record, "calls", record.outcome.calls),
        *about("call-name", message, harmed),
    ]
