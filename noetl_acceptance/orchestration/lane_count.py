"""How many lanes a run has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from noetl_acceptance.options import Settings
from noetl_acceptance.orchestration.shards import Durations, Selected, group, seconds_of
from noetl_acceptance.sandbox import chosen_kind
from noetl_acceptance.support.machine_limits import free_memory, usable_processors
from noetl_acceptance.support.measuring import busy_already
from noetl_acceptance.support.polling import DeadlineError, StarvedError, eventually

MOST_LANES = 8

LANE_PROCESSORS = 2.0
"""What a lane needs of processors: on two, several lanes on compose take longer than one
(docs/decisions/0014-lanes-are-processes.md has what was measured)."""

LOCAL_LANE_PROCESSORS = 0.5
"""What a lane of local processes needs: no engine works beside it, and NoETL waits for most of an
execution. While one lane waits, another brings up its next sandbox."""

LANE_SECONDS = 30.0
"""Seconds of scenarios that a lane is worth: its sandbox is up after 6 to 15."""

LANE_BYTES = 3 * 1024**3
"""What a lane may need of memory: a sandbox of five workers has 1.3 GiB, behave 0.1 to 0.4."""

REST_SECONDS = 30.0
"""How long to wait for a busy machine: what it told of the last ten seconds may be over."""


def fitting_lanes(settings: Settings) -> int:
    """Return how many lanes this machine carries now, at least one; one if it is busy.

    Args:
        settings: of the run: which NoETL on which sandbox, ``auto`` included.
    """
    local = chosen_kind(settings) == "embedded"
    needed = LOCAL_LANE_PROCESSORS if local else LANE_PROCESSORS
    fit = min(int(usable_processors() / needed), free_memory() // LANE_BYTES, MOST_LANES)
    return fit if fit > 1 and _comes_to_rest() else 1


def _comes_to_rest() -> bool:
    """Whether the machine is not busy, or is no more within a while: what ran before has ended."""
    with suppress(DeadlineError, StarvedError):
        eventually(busy_already, lambda busy: not busy, seconds=REST_SECONDS, what="rest", every=2)
        return True
    return False


def lanes_for(
    settings: Settings, scenarios: Iterable[Selected], refused: str, durations: Durations
) -> int:
    """Return in how many lanes scenarios run.

    Args:
        settings: how many were asked for, and of which NoETL.
        scenarios: that are selected; those that share an execution stay together, and those that
            want the machine to themselves run after the lanes.
        refused: why several lanes cannot be; empty where they can.
        durations: recorded; where the count is ours, a lane must be worth its sandbox.
    """
    groups = group(each for each in scenarios if not each.alone)
    if refused or settings.lanes == 1 or len(groups) <= 1:
        return 1
    if settings.lanes is not None:
        return min(settings.lanes, len(groups))
    worth = int(sum(seconds_of(each, durations) for each in groups) / LANE_SECONDS)
    return min(fitting_lanes(settings), worth, len(groups)) if worth > 1 else 1


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
