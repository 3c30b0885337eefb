"""From looks to a pace: what counts as an excuse, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.support.starvation import (
    MOST,
    STARVED,
    Look,
    MeasuredPace,
    Service,
    busy_words,
    share_lost,
)

BUSY = "this machine is busy already: load 1.0 on 2 processors, some thread waits 50 % of the time"

QUIET = Look(at=0.0, cpus=2, busy=0.0, source="a test")


def look(
    at: float,
    services: dict[str, tuple[float, float]],
    *,
    others: float = 0.0,
    suite: float = 0.0,
    stolen: float = 0.0,
    throttled: float = 0.0,
    cpus: int = 2,
) -> Look:
    """A machine on which services ran and waited (seconds since the beginning)."""
    bound = frozenset({"quota"}) if throttled else frozenset[str]()
    return Look(
        at=at,
        cpus=cpus,
        busy=others + suite + sum(ran for ran, _ in services.values()),
        stolen=stolen,
        suite=suite,
        services={
            name: Service(used[0], {number: used}, cgroups=bound)
            for number, (name, used) in enumerate(services.items())
        },
        throttled={"quota": throttled},
    )


def nothing_yet(seen: Look) -> Look:
    """The same machine before anything was done."""
    services = {
        name: Service(0.0, dict.fromkeys(each.threads, (0.0, 0.0)), cgroups=each.cgroups)
        for name, each in seen.services.items()
    }
    return replace(QUIET, cpus=seen.cpus, services=services, throttled={"quota": 0.0})


def lost_until(seen: Look) -> float:
    return share_lost(nothing_yet(seen), seen)


def test_services_that_are_served_lose_nothing() -> None:
    assert lost_until(look(1.0, {"server": (0.9, 0.0), "worker": (0.1, 0.0)})) == 0


def test_what_others_took_is_lost() -> None:
    """One of ten on one processor gets a tenth of it."""
    assert lost_until(look(1.0, {"server": (0.1, 0.9)}, others=1.9)) == pytest.approx(0.9)


def test_several_services_that_wait_lose_no_more_than_others_took() -> None:
    """With both processors they would have had five times as much, at most."""
    workers = {f"worker-{number}": (0.08, 0.8) for number in range(5)}
    lost = lost_until(look(1.0, workers, others=1.6))
    assert 0.6 < lost < 0.8


def test_those_that_wait_side_by_side_lose_no_more_than_one_of_them() -> None:
    """Services that have little to do, and look for work at the same moments."""
    workers = {f"worker-{number}": (0.005, 0.05) for number in range(5)}
    assert lost_until(look(1.0, workers, others=1.9)) < 0.06


def test_who_spins_on_all_processors_waits_for_itself() -> None:
    workers = {f"worker-{number}": (0.4, 0.6) for number in range(5)}
    assert lost_until(look(1.0, workers)) == 0


def test_who_spins_has_no_excuse_in_a_little_of_others() -> None:
    workers = {f"worker-{number}": (0.38, 0.62) for number in range(5)}
    assert lost_until(look(1.0, workers, others=0.1)) < 0.1


def test_what_the_suite_took_is_no_excuse() -> None:
    assert lost_until(look(1.0, {"server": (0.1, 0.9)}, suite=1.9)) == 0


def test_who_used_as_much_as_deadlines_are_made_for_was_not_starved() -> None:
    """A quota of two processors on a machine of 64, all of it used."""
    used = {f"worker-{number}": (0.1, 0.9) for number in range(20)}
    assert lost_until(look(1.0, used, others=50.0, throttled=40.0, cpus=64)) == 0


def test_a_quota_is_an_excuse() -> None:
    """Nobody else is at work."""
    assert lost_until(look(1.0, {"server": (0.1, 0.9)}, throttled=0.9)) == pytest.approx(0.9)


def test_a_quota_of_one_service_counts_beside_another_that_works() -> None:
    seen = look(1.0, {"server": (0.05, 0.95), "worker": (1.0, 0.0)}, throttled=0.95)
    assert lost_until(seen) == pytest.approx(0.95)


def test_stolen_time_is_an_excuse() -> None:
    """A processor that is there for a tenth of the time: nobody is seen waiting."""
    assert lost_until(look(1.0, {"server": (0.1, 0.0)}, stolen=0.9)) == pytest.approx(0.9)


def test_a_disk_that_does_not_answer_is_an_excuse() -> None:
    """A database that is met in such a wait look after look, while others have nothing to do."""
    idle = look(1.0, {"server": (0.1, 0.0)})
    stuck = replace(idle, at=2.0, services={**idle.services, "postgres": Service(0.0, stuck=True)})
    assert share_lost(idle, stuck) == pytest.approx(0.5)
    assert share_lost(stuck, replace(stuck, at=3.0)) == 1
    assert share_lost(idle, replace(idle, at=2.0)) == 0


def test_who_waits_for_nothing_has_no_excuse_on_a_busy_machine() -> None:
    """A product that hangs, beside many busy programs."""
    assert lost_until(look(1.0, {"server": (0.001, 0.01)}, others=1.99)) < 0.02


def test_the_pressure_of_control_groups_stands_for_threads() -> None:
    before = replace(QUIET, services={"server": Service(0.0, pressure=5.0)})
    after = Look(1.0, 2, busy=2.0, services={"server": Service(0.1, pressure=5.9)})
    assert share_lost(before, after) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("ready", "pressure", "lost"),
    [(2.0, 1.0, 0.0), (4.0, 1.0, 0.5), (4.0, None, 0.5), (50.0, 1.0, 0.96), (50.0, 0.1, 0.096)],
)
def test_without_services_in_sight_the_machine_stands_for_them(
    ready: float, pressure: float | None, lost: float
) -> None:
    before = replace(QUIET, ready=ready, pressure=None if pressure is None else 0.0)
    after = Look(1.0, 2, busy=2.0, ready=ready, pressure=pressure)
    assert share_lost(before, after) == pytest.approx(lost)


def test_a_machine_that_only_the_suite_keeps_busy_is_not_starved() -> None:
    after = Look(1.0, 2, busy=1.9, suite=1.9, ready=50.0)
    assert share_lost(replace(QUIET, ready=50.0), after) == 0


def test_a_thread_that_has_begun_counts_from_its_beginning() -> None:
    before = replace(QUIET, services={"server": Service(5.0, {1: (5.0, 1.0)})})
    after = Look(1.0, 2, 2.0, services={"server": Service(5.1, {1: (5.0, 1.0), 2: (0.1, 0.9)})})
    assert share_lost(before, after) == pytest.approx(0.9)


def test_a_service_that_comes_into_sight_counts_from_then_on() -> None:
    after = Look(1.0, 2, 2.0, services={"server": Service(500.0, {1: (400.0, 300.0)})})
    assert share_lost(QUIET, after) == 0


SECONDS = st.floats(0, 2)
SERVICES = st.dictionaries(
    st.sampled_from(["server", "worker-1", "worker-2"]), st.tuples(SECONDS, SECONDS), min_size=1
)
LOOKS = st.builds(
    look,
    st.floats(0.5, 3),
    SERVICES,
    others=SECONDS,
    suite=SECONDS,
    stolen=SECONDS,
    throttled=SECONDS,
    cpus=st.integers(1, 64),
)


@given(LOOKS)
def test_what_is_lost_is_a_share(seen: Look) -> None:
    assert 0 <= lost_until(seen) <= 1


@given(LOOKS, SECONDS)
def test_cpu_of_its_own_never_raises_the_pace(seen: Look, more: float) -> None:
    name, service = next(iter(seen.services.items()))
    works = replace(service, cpu=service.cpu + more)
    working = replace(seen, services={**seen.services, name: works}, busy=seen.busy + more)
    assert lost_until(working) <= lost_until(seen) + 1e-9


@given(LOOKS, SECONDS)
def test_cpu_of_the_suite_never_raises_the_pace(seen: Look, more: float) -> None:
    busy = replace(seen, suite=seen.suite + more, busy=seen.busy + more)
    assert lost_until(busy) <= lost_until(seen) + 1e-9


@given(LOOKS, SECONDS, SECONDS, SECONDS)
def test_more_of_others_never_lowers_the_pace(
    seen: Look, busy: float, stolen: float, throttled: float
) -> None:
    loaded = replace(
        seen,
        busy=seen.busy + busy,
        stolen=seen.stolen + stolen,
        throttled={"quota": seen.throttled["quota"] + throttled},
    )
    assert lost_until(loaded) >= lost_until(seen) - 1e-9


class Machine:
    """One whose services run and wait at rates that a test sets; its clock is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.ran = self.waited = self.others = 0.0

    def go_on(self, seconds: int, *, ran: float, waited: float, others: float) -> None:
        for _ in range(seconds):
            self.now += 1.0
            self.ran += ran
            self.waited += waited
            self.others += others
            self.pace.look()

    def read(self) -> Look:
        seen = look(self.now, {"server": (self.ran, self.waited)}, others=self.others)
        return replace(seen, source="a machine")

    def measured(self) -> MeasuredPace:
        self.pace = MeasuredPace(self.read, lambda: self.now)
        return self.pace


def test_a_short_time_says_nothing() -> None:
    machine = Machine()
    pace = machine.measured()
    machine.go_on(4, ran=0.1, waited=0.9, others=1.9)
    assert pace.value == 1.0
    machine.go_on(1, ran=0.1, waited=0.9, others=1.9)
    assert pace.value == pytest.approx(10.0)
    assert pace.source == "a machine"


def test_a_starved_while_excuses_no_hanging_after_it() -> None:
    machine = Machine()
    pace = machine.measured()
    machine.go_on(10, ran=0.1, waited=0.9, others=1.9)
    assert pace.value > STARVED
    machine.go_on(80, ran=0.001, waited=0.001, others=1.9)
    assert pace.value < 1.2


def test_the_worst_minute_is_the_pace_of_what_comes_after_it() -> None:
    machine = Machine()
    pace = machine.measured()
    machine.go_on(30, ran=0.1, waited=0.1, others=0.0)
    machine.go_on(60, ran=0.1, waited=0.9, others=1.9)
    machine.go_on(500, ran=0.1, waited=0.0, others=0.0)
    assert pace.value == pytest.approx(10.0)


def test_who_gets_nothing_has_a_pace_all_the_same() -> None:
    machine = Machine()
    pace = machine.measured()
    machine.go_on(10, ran=0.0, waited=1.0, others=2.0)
    assert pace.value == MOST


def test_looks_are_not_taken_more_often_than_they_say_anything() -> None:
    reads = []
    machine = Machine()

    def read() -> Look:
        reads.append(machine.now)
        return machine.read()

    pace = MeasuredPace(read, lambda: machine.now)
    for _ in range(100):
        machine.now += 0.1
        pace.look()
    assert len(reads) == pytest.approx(10, abs=1)


def test_a_machine_that_tells_nothing_is_at_its_best() -> None:
    pace = MeasuredPace(lambda: None, lambda: 0.0)
    assert (pace.value, pace.source) == (1.0, "")


@pytest.mark.parametrize(
    ("load", "pressure", "words"),
    [
        (1.0, 10.0, ""),
        (3.9, None, ""),
        (4.0, None, "this machine is busy already: load 4.0 on 2 processors"),
        (1.0, 50.0, BUSY),
    ],
)
def test_a_machine_that_is_busy_before_a_run(
    load: float, pressure: float | None, words: str
) -> None:
    assert busy_words(load, 2, pressure) == words
