"""The profile API's journal: exactly once, no more in flight than allowed, only by http steps."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence

from noetl_acceptance.checks.findings import Finding, NotJudgedError
from noetl_acceptance.run import Call, Run


def exactly_once(run: Run) -> list[Finding]:
    """Each traveler is requested until one good answer and not again (P2).

    A call may be repeated only after an answer that failed for that traveler.

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    if run.pair.names.call_traveler_id is None:
        raise NotJudgedError("the pair's calls do not name their traveler")
    by_traveler: dict[int | None, list[Call]] = defaultdict(list)
    for call in run.outcome.calls:
        by_traveler[call.traveler_id].append(call)
    nameless = by_traveler.pop(None, [])
    wanted = run.workload.travelers
    found = []
    if nameless:
        found.append(Finding("call-nameless", f"{len(nameless)} calls name no traveler"))
    never = tuple(i for i in wanted if i not in by_traveler)
    if never:
        found.append(Finding("call-missing", f"{len(never)} never requested", never))
    extra = tuple(sorted(i for i in by_traveler if i is not None and i not in wanted))
    if extra:
        found.append(Finding("call-extra", f"{len(extra)} requested but out of range", extra))
    again = tuple(sorted(i for i, c in by_traveler.items() if i is not None and _repeated(c)))
    if again:
        most = max(len(by_traveler[i]) for i in again)
        found.append(
            Finding("call-repeated", f"requested again without need, up to {most} times", again)
        )
    return found


def _repeated(calls: Sequence[Call]) -> bool:
    """Whether a call began while or after another one that did not fail."""
    ordered = sorted(calls, key=lambda call: call.arrived)
    for before, after in itertools.pairwise(ordered):
        failed_first = (
            not before.good and before.departed is not None and before.departed <= after.arrived
        )
        if not failed_first:
            return True
    return False


def count_is(run: Run, wanted: int) -> list[Finding]:
    """The journal holds exactly ``wanted`` calls; judged for every pair."""
    seen = len(run.outcome.calls)
    if seen == wanted:
        return []
    twice = [i for i, n in Counter(c.traveler_id for c in run.outcome.calls).items() if n > 1]
    return [
        Finding(
            "call-count",
            f"{wanted} calls expected, {seen} seen",
            tuple(sorted(i for i in twice if i is not None)),
        )
    ]


def peak_in_flight(calls: Sequence[Call]) -> int:
    """Return how many calls were open at once at the most (0 for no call)."""
    steps = [(c.arrived, 1) for c in calls]
    steps += [(c.departed, -1) for c in calls if c.departed is not None]
    peak = now = 0
    for _, step in sorted(steps):
        now += step
        peak = max(peak, now)
    return peak


def in_flight_between(run: Run, least: int, most: int) -> list[Finding]:
    """The peak of calls in flight is from ``least`` to ``most`` (rows 5 and 37)."""
    peak = peak_in_flight(run.outcome.calls)
    if peak < least:
        return [Finding("not-parallel", f"at least {least} calls in flight wanted, peak {peak}")]
    if peak > most:
        return [Finding("too-parallel", f"at most {most} calls in flight allowed, peak {peak}")]
    return []


def answers_stored(run: Run) -> list[Finding]:
    """Each valid row stands on exactly one good answer for its traveler (P3, P4).

    Raises:
        NotJudgedError: the pair's calls do not name their traveler.
    """
    if run.pair.names.call_traveler_id is None:
        raise NotJudgedError("the pair's calls do not name their traveler")
    good = Counter(c.traveler_id for c in run.outcome.calls if c.good)
    valid = {row.traveler_id for row in run.outcome.stored if row.is_valid}
    groundless = tuple(sorted(i for i in valid if good[i] == 0))
    several = tuple(sorted(i for i in valid if good[i] > 1))
    unused = tuple(sorted(i for i, n in good.items() if i is not None and n and i not in valid))
    found = []
    if groundless:
        found.append(Finding("row-without-answer", "valid rows without a good answer", groundless))
    if several:
        found.append(Finding("row-several-answers", "more than one good answer", several))
    if unused:
        found.append(Finding("answer-not-stored", "good answers without a valid row", unused))
    return found


def took_at_least(run: Run, seconds: float) -> list[Finding]:
    """Each answered call took at least so many seconds: the slowness really happened."""
    quick = [c for c in run.outcome.calls if c.departed and c.departed - c.arrived < seconds]
    if run.outcome.calls and not quick:
        return []
    travelers = tuple(sorted({c.traveler_id for c in quick if c.traveler_id is not None}))
    return [Finding("call-too-quick", f"calls answered within less than {seconds} s", travelers)]


def names_unharmed(run: Run) -> list[Finding]:
    """Each call names its traveler exactly as the source does (row 7).

    Raises:
        NotJudgedError: the calls or the source hold no names.
    """
    names = run.pair.names
    if None in (names.call_traveler_id, names.call_traveler_name, names.source_name):
        raise NotJudgedError("the pair's calls or source rows hold no names")
    seeded = {row.traveler_id: row.name for row in run.outcome.source}
    harmed = [
        call.traveler_id
        for call in run.outcome.calls
        if call.traveler_id is not None and call.traveler_name != seeded.get(call.traveler_id)
    ]
    if not harmed:
        return []
    return [Finding("call-name", "requested under another name than seeded", tuple(sorted(harmed)))]
