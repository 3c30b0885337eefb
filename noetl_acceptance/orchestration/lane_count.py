"""How many lanes a run has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from noetl_acceptance.options import Settings
from noetl_acceptance.orchestration.shards import Durations, Selected, group, seconds_of
from noetl_acceptance.sandbox import chosen_kind
from noetl_acceptance.support.machine_limits import free_memory, usable_processors
from noetl_acceptance.support.measuring import busy_already
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

MOST_LANES = 8

LANE_PROCESSORS = 2 / 3
"""What a lane on compose keeps busy, the engine included, as NoETL waits for most of an execution:
0.64 of a processor (docs/decisions/0014-lanes-are-processes.md has what was measured)."""

LOCAL_LANE_PROCESSORS = 0.5
"""What a lane of local processes keeps busy. While one waits, another brings up a sandbox."""

LANE_SECONDS = 30.0
"""Seconds of scenarios that a lane is worth: its sandbox is up after 6 to 15."""

LANE_BYTES = 3 * 1024**3
"""What a lane may need of memory: a sandbox of five workers has 1.3 GiB, behave 0.1 to 0.4."""

REST_SECONDS = 30.0
"""How long to wait for a busy machine: what it told of the last ten seconds may be over."""


class Fit(NamedTuple):
    """How many lanes there are, and why there is no second one; empty where it would not pay."""

    lanes: int
    why: str = ""


def fitting_lanes(settings: Settings) -> Fit:
    """Return how many lanes this machine carries now, at least one; one if it is busy.

    Args:
        settings: of the run: which NoETL on which sandbox, ``auto`` included.
    """
    kind = chosen_kind(settings)
    needed = LOCAL_LANE_PROCESSORS if kind == "embedded" else LANE_PROCESSORS
    processors, memory = usable_processors(), free_memory()
    by_processors, by_memory = int(processors / needed), memory // LANE_BYTES
    if by_processors <= 1:
        return Fit(1, f"a second one on {kind} needs more processors than {processors:g}")
    if by_memory <= 1:
        return Fit(1, f"{memory / 1024**3:.1f} GiB of memory are free, and each may need 3")
    if busy := _busy_for_long():
        return Fit(1, busy)
    return Fit(min(by_processors, by_memory, MOST_LANES))


def _busy_for_long() -> str:
    """Return in words that the machine is busy and stays so: what ran before may end."""
    with suppress(DeadlineError, StarvedError):
        eventually(busy_already, lambda busy: not busy, seconds=REST_SECONDS, what="rest", every=2)
        return ""
    return busy_already()


def lanes_for(
    settings: Settings, scenarios: Iterable[Selected], refused: str, durations: Durations
) -> Fit:
    """Return in how many lanes scenarios run.

    Args:
        settings: how many were asked for, and of which NoETL.
        scenarios: that are selected; those that share an execution stay together, and those that
            want the machine to themselves run after the lanes.
        refused: why several lanes cannot be; empty where they can.
        durations: recorded; where the count is ours, a lane must be worth its sandbox.
    """
    groups = group(each for each in scenarios if not each.alone)
    if settings.lanes == 1 or len(groups) <= 1:
        return Fit(1)
    if refused:
        return Fit(1, refused)
    if settings.lanes is not None:
        return Fit(min(settings.lanes, len(groups)))
    worth = int(sum(seconds_of(each, durations) for each in groups) / LANE_SECONDS)
    if worth <= 1:
        return Fit(1)
    fit = fitting_lanes(settings)
    return Fit(min(fit.lanes, worth, len(groups)), fit.why)


def why_one_lane(settings: Settings, files: Sequence[str]) -> str:
    """Return in words what several lanes cannot share; empty for nothing.

    Args:
        settings: of the run.
        files: that behave's formatters write.
    """
    if files:
        return f"several would write {', '.join(files)}"
    if settings.shard is not None:
        return "-D shard= is one part already"
    if settings.sandbox == "attach":
        return "-D sandbox=attach is one sandbox"
    if settings.keep != "never":
        return "-D keep= is for one sandbox"
    return ""
