"""So many lanes as the machine carries, and as the scenarios are worth."""

from __future__ import annotations

import pytest

from noetl_acceptance.options import load_settings
from noetl_acceptance.orchestration import lane_count
from noetl_acceptance.orchestration.lane_count import Fit, fitting_lanes, lanes_for, why_one_lane
from noetl_acceptance.orchestration.shards import Selected


@pytest.mark.parametrize(
    ("options", "files", "why"),
    [
        ({}, [], ""),
        ({}, ["x.json", "y.txt"], "several would write x.json, y.txt"),
        ({"shard": "1/4"}, [], "-D shard= is one part already"),
        ({"sandbox": "attach"}, [], "-D sandbox=attach is one sandbox"),
        ({"keep": "failed"}, [], "-D keep= is for one sandbox"),
    ],
)
def test_what_several_lanes_cannot_share(
    options: dict[str, str], files: list[str], why: str
) -> None:
    assert why_one_lane(load_settings(options), files) == why


@pytest.mark.parametrize(
    ("wanted", "refused", "lanes"),
    [(1, "", 1), (2, "", 2), (9, "", 3), (None, "", 2), (None, "attached", 1), (2, "one file", 1)],
)
def test_no_more_lanes_than_there_is_to_run_side_by_side(
    wanted: int | None, refused: str, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("noetl_acceptance.orchestration.lane_count.fitting_lanes", lambda _: Fit(2))
    scenarios = [
        *(Selected(f"f:{line}", "f", f"S{line}", (f"when {line % 3}",)) for line in range(6)),
        *(Selected(f"f:{line}", "f", f"S{line}", (), alone=True) for line in (7, 8, 9)),
    ]
    settings = load_settings({"lanes": str(wanted or "auto")})
    durations = {("f", f"S{line}"): 30.0 for line in range(6)}
    assert lanes_for(settings, scenarios, refused, durations) == (lanes, refused)


@pytest.mark.parametrize(("seconds", "lanes"), [(4.0, 1), (9.8, 1), (10.0, 2), (40.0, 6)])
def test_each_lane_is_worth_its_sandbox(
    seconds: float, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_count, "fitting_lanes", lambda _: Fit(8))
    scenarios = [Selected(f"f:{line}", "f", f"S{line}", (f"when {line}",)) for line in range(6)]
    durations = {("f", f"S{line}"): seconds for line in range(6)}
    assert lanes_for(load_settings({}), scenarios, "", durations) == (lanes, "")
    assert lanes_for(load_settings({"lanes": "4"}), scenarios, "", durations) == (4, "")


def test_where_one_lane_fits_nobody_waits_for_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_count, "LANE_BYTES", 10**15)
    monkeypatch.setattr(lane_count, "busy_already", lambda: pytest.fail("waited"))
    assert fitting_lanes(load_settings({"sandbox": "embedded"})).lanes == 1


@pytest.mark.parametrize(
    ("busy", "processors", "gibibytes", "noetl", "fit", "why"),
    [
        ("", 2, 24, "2.8.9", 4, ""),
        ("", 2, 24, "rust", 4, ""),
        ("", 1, 24, "2.8.9", 2, ""),
        ("", 1.5, 24, "2.8.9", 3, ""),
        ("", 0.25, 24, "2.8.9", 1, "a second one on embedded needs more processors than 0.25"),
        ("", 8, 24, "2.8.9", 8, ""),
        ("", 64, 512, "2.8.9", lane_count.MOST_LANES, ""),
        ("", 64, 512, "rust:../bin", lane_count.MOST_LANES, ""),
        ("", 8, 4, "2.8.9", 1, "4.0 GiB of memory are free, and each may need 3"),
        ("", 8, 0.5, "rust", 1, "0.5 GiB of memory are free, and each may need 3"),
        ("this machine is busy", 16, 64, "2.8.9", 1, "this machine is busy"),
    ],
)
def test_as_many_lanes_as_the_machine_carries(
    busy: str,
    processors: float,
    gibibytes: float,
    noetl: str,
    fit: int,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def put(where: object, name: str, value: object) -> None:
        monkeypatch.setattr(where, name, value, raising=False)

    put(lane_count, "busy_already", lambda: busy)
    put(lane_count, "REST_SECONDS", 0.0)
    put(lane_count, "usable_processors", lambda: processors)
    put(lane_count, "free_memory", lambda: int(gibibytes * 1024**3))
    assert fitting_lanes(load_settings({"noetl": noetl, "sandbox": "embedded"})) == (fit, why)


@pytest.mark.parametrize(
    ("processors", "fit"),
    [(1, (1, "a second one on compose needs more processors than 1")), (2, (3, "")), (4, (6, ""))],
)
def test_lanes_of_containers_need_two_thirds_of_a_processor(
    processors: float, fit: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_count, "usable_processors", lambda: processors)
    monkeypatch.setattr(lane_count, "free_memory", lambda: 64 * 1024**3)
    monkeypatch.setattr(lane_count, "busy_already", lambda: "")
    assert fitting_lanes(load_settings({"sandbox": "compose"})) == fit
