"""From what was read of processors to a pace: pure arithmetic.

A pace is how many times as long as it needs the services' work took, 1 at best. What they waited
for counts as far as others took it from them: other programs, other sandboxes, a quota, the host of
a virtual machine, a disk that does not answer. What they took from each other, or the suite from
them, does not count.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from noetl_acceptance.model.wording import counted

SLOW = 2.0
"""From this pace on the machine is slow, and every message says so before it names anybody."""

STARVED = 4.0
"""From this pace on the machine is starved: most deadlines leave a healthy run some five times as
long as it takes (docs/reliability.md has what was measured)."""

MOST = 99.0
"""No pace is above this: who got nothing at all has none."""

LOOK_SECONDS = 1.0
"""The least time between two looks; what was taken counts look by look."""

ENOUGH_SECONDS = 5.0
"""A shorter time says nothing."""

WINDOW_SECONDS = 60.0
"""The worst time of this length is the pace of the whole, be the rest as quick as it may: what was
given up after a timeout of NoETL's own (10 to 180 s) is not taken up again."""

USUAL_CPUS = 2
"""The processors that the deadlines are made for: who used as many was not starved."""


class Pace(Protocol):
    """Measures the pace of one wait, from its making on."""

    def look(self) -> None:
        """Take a measurement, unless the last one is too young."""
        ...

    @property
    def value(self) -> float:
        """The pace until the last look; 1 before there was enough to tell."""
        ...

    @property
    def source(self) -> str:
        """What it was measured by, in words; empty when by nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What the processes of one service have used and missed until now, in seconds.

    ``cpu`` is what they have used, threads and children that have ended included; ``threads`` gives
    for each thread how long it ran, and how long it was ready to and did not. ``pressure`` is how
    long some of them waited, told by their control group, where threads tell nothing.
    ``cgroups`` are the control groups whose quota binds them. ``stuck`` is whether one of them
    waits for a disk, or for memory that is on one, and can do nothing else meanwhile.
    """

    cpu: float
    threads: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    pressure: float | None = None
    cgroups: frozenset[str] = frozenset()
    stuck: bool = False

    @property
    def tells(self) -> bool:
        """Whether it is known how long they waited."""
        return bool(self.threads) or self.pressure is not None


@dataclass(frozen=True, slots=True)
class Look:
    """What was read at one time; all but ``at``, ``cpus`` and ``ready`` only ever grow.

    ``at`` is in seconds of some clock; ``busy`` and ``stolen`` are seconds of the ``cpus``
    processors that the services may use; ``suite`` is what the suite itself used, ``throttled`` how
    long each control group was held back by its quota. ``ready`` is how many threads of the machine
    ran or were ready to, without the one that looked; ``pressure`` is how long some thread of the
    machine waited, None where the machine does not tell.
    """

    at: float
    cpus: int
    busy: float
    stolen: float = 0.0
    suite: float = 0.0
    services: Mapping[str, Service] = field(default_factory=dict)
    throttled: Mapping[str, float] = field(default_factory=dict)
    ready: float = 0.0
    pressure: float | None = None
    source: str = ""


class MeasuredPace:
    """The pace of what goes on from now on; see ``Pace``.

    Args:
        read: takes a look; None where nothing can be read.
        now: seconds since some fixed moment.
    """

    def __init__(self, read: Callable[[], Look | None], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._last = read()
        self._looked = now()
        self._seconds = self._needed = 0.0
        self._window: deque[tuple[float, float]] = deque()
        self._worst = 1.0
        self._looking = threading.Lock()

    def look(self) -> None:
        """Look, unless the last look was less than ``LOOK_SECONDS`` ago, or somebody looks now."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            if self._now() - self._looked >= LOOK_SECONDS:
                self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        self._looked = self._now()
        seen = self._read()
        if seen is not None and self._last is not None and seen.at > self._last.at:
            seconds = seen.at - self._last.at
            needed = seconds * (1 - share_lost(self._last, seen))
            self._seconds += seconds
            self._needed += needed
            self._slide(seconds, needed)
        self._last = seen

    def _slide(self, seconds: float, needed: float) -> None:
        self._window.append((seconds, needed))
        while sum(each for each, _ in self._window) - self._window[0][0] >= WINDOW_SECONDS:
            self._window.popleft()
        passed = sum(each for each, _ in self._window)
        if passed >= WINDOW_SECONDS:
            self._worst = max(self._worst, _ratio(passed, sum(need for _, need in self._window)))

    @property
    def value(self) -> float:
        """The pace until the last look, or that of the worst ``WINDOW_SECONDS`` if it was worse.

        1 before ``ENOUGH_SECONDS`` were looked at.
        """
        if self._seconds < ENOUGH_SECONDS:
            return 1.0
        return max(self._worst, _ratio(self._seconds, self._needed))

    @property
    def source(self) -> str:
        """What it was measured by, in words; empty when by nothing."""
        return "" if self._last is None else self._last.source


def _ratio(seconds: float, needed: float) -> float:
    return min(MOST, seconds / max(needed, seconds / MOST))


def share_lost(before: Look, after: Look) -> float:
    """Return the share of the time between two looks that others took from the services, 0 to 1."""
    seconds = after.at - before.at
    used = [_used(name, before.services.get(name), each) for name, each in after.services.items()]
    own = max(0.0, after.suite - before.suite) + sum(each.ran for each in used)
    stolen = max(0.0, after.stolen - before.stolen)
    others = max(0.0, after.busy - before.busy - own) + stolen
    if any(each.tells for each in after.services.values()):
        spare = max(0.0, min(after.cpus, USUAL_CPUS) * seconds - own)
        lost = _lost_by_services(used, others, _throttled(before, after), spare, seconds)
    else:
        lost = min(_waited_on_host(before, after, seconds), others / after.cpus)
    by_host = min(stolen / seconds, stolen / (own + stolen)) if stolen else 0.0
    stuck = (_any_stuck(before) + _any_stuck(after)) / 2
    return 1 - (1 - min(1.0, lost / seconds)) * (1 - min(1.0, by_host)) * (1 - stuck)


def _any_stuck(look: Look) -> bool:
    """Whether some service waits for a disk: a look rarely meets a healthy wait, of some ms."""
    return any(each.stuck for each in look.services.values())


@dataclass(frozen=True, slots=True)
class _Used:
    """What one service used and missed between two looks, in seconds.

    ``waited`` is of its thread that waited longest, ``all_waited`` of all its threads.
    """

    kind: str
    ran: float
    waited: float
    all_waited: float
    cgroups: frozenset[str]


def _used(name: str, before: Service | None, after: Service) -> _Used:
    start = before or Service(after.cpu, after.threads)
    ran, waits = 0.0, [0.0]
    for thread, (now_ran, now_waited) in after.threads.items():
        was_ran, was_waited = start.threads.get(thread, (0.0, 0.0))
        ran += max(0.0, now_ran - was_ran)
        waits.append(max(0.0, now_waited - was_waited))
    if not after.threads and after.pressure is not None and start.pressure is not None:
        waits = [max(0.0, after.pressure - start.pressure)]
    kind = name.rstrip("0123456789")  # of worker-1, worker-2 …
    return _Used(kind, max(ran, after.cpu - start.cpu), max(waits), sum(waits), after.cgroups)


def _throttled(before: Look, after: Look) -> Mapping[str, float]:
    return {
        cgroup: max(0.0, now - before.throttled.get(cgroup, now))
        for cgroup, now in after.throttled.items()
    }


def _lost_by_services(
    used: list[_Used], others: float, throttled: Mapping[str, float], spare: float, seconds: float
) -> float:
    """Return the seconds lost by all services together, or by the one that lost most.

    Work goes from service to service, so that their losses add up; threads of one service and
    services of one kind wait side by side, and the longest wait of them counts. What others used is
    shared out by who waited; what a quota withheld belongs to those whom it binds.
    """
    ran, all_waited = sum(each.ran for each in used), sum(each.all_waited for each in used)
    longest: dict[str, float] = {}
    for each in used:
        longest[each.kind] = max(each.waited, longest.get(each.kind, 0.0))
    waited = sum(longest.values())
    taken = min(waited, others + sum(throttled.values()), spare)
    most = _lost(ran, waited, taken, seconds)
    for each in used:
        if each.waited:
            withheld = sum(throttled.get(cgroup, 0.0) for cgroup in each.cgroups)
            share = others * each.all_waited / all_waited
            taken = min(each.waited, share + withheld, spare)
            most = max(most, _lost(each.ran, each.waited, taken, seconds))
    return most


def _lost(ran: float, waited: float, taken: float, seconds: float) -> float:
    """Return the seconds that would not have passed had nothing been taken.

    Who was ready for ``ran + waited`` would have been done in ``ran / (ran + taken)`` of that.
    """
    return min(seconds, ran + waited) * taken / (ran + taken) if taken else 0.0


def _waited_on_host(before: Look, after: Look, seconds: float) -> float:
    """Return the seconds lost by anybody on a machine that tells only of itself."""
    waited = seconds
    if after.pressure is not None and before.pressure is not None:
        waited = min(seconds, max(0.0, after.pressure - before.pressure))
    ready = (before.ready + after.ready) / 2
    return waited * max(0.0, 1 - after.cpus / ready) if ready else 0.0


def pace_words(pace: float) -> str:
    """Return a pace in a few words, for messages, verdicts and bundles."""
    number = f"pace {math.floor(pace * 10) / 10:.1f}"  # 3.96 is no 4.0
    if pace >= STARVED:
        return f"starved machine, {number}"
    return f"slow machine, {number}" if pace >= SLOW else number


def busy_words(load: float, cpus: int, pressure: float | None) -> str:
    """Return in words that a machine is busy before a run has begun; empty when it is not.

    Args:
        load: how many threads ran or were ready to, as a mean of the last minute.
        cpus: its processors.
        pressure: for how much of the last ten seconds some thread waited, in per cent; None where
            the machine does not tell.
    """
    if load < SLOW * cpus and (pressure is None or pressure < BUSY_PERCENT):
        return ""
    told = "" if pressure is None else f", some thread waits {pressure:.0f} % of the time"
    return f"this machine is busy already: load {load:.1f} on {counted(cpus, 'processor')}{told}"


BUSY_PERCENT = 50.0
"""A machine where some thread waits for as much of the time is busy."""
