"""Cuts the scenarios of a run into shards of like duration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Durations = Mapping[tuple[str, str], float]
"""Recorded seconds, by the feature file's name without its ending and the scenario's name."""

_PATIENCE = re.compile(r"\bwithin (\d+) seconds")

_SHARE_OF_PATIENCE = 0.1
"""How much of its deadlines a request is expected to take, where no record tells: in the records of
2.8.9 it is between 2 and 30 %."""

_LEAST_SECONDS = 0.1
"""What a scenario costs at least: its checks, and what is written of it."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A scenario that is to run.

    Args:
        location: ``FILE:LINE``.
        feature: the feature file's name without its ending.
        name: the scenario's, as records have it.
        setup: the words and tables of its Given and When steps, up to the first When; empty where
            it has no When.
        alone: whether its execution wants the machine to itself.
    """

    location: str
    feature: str
    name: str
    setup: tuple[str, ...]
    alone: bool = False


def cut(
    scenarios: Sequence[Selected], count: int, durations: Durations
) -> list[tuple[Selected, ...]]:
    """Cut scenarios into shards, those that share an execution together.

    The longest group goes first, each to the shard that has least so far (Graham, "Bounds on
    Multiprocessing Timing Anomalies", 1969). The same arguments make the same cut.

    Args:
        scenarios: in the order of the features, which each shard keeps.
        count: how many shards, at least 1; some are empty where there are fewer groups.
        durations: recorded; what they lack is estimated from the deadlines.
    """
    groups = group(scenarios)
    seconds = [seconds_of(each, durations) for each in groups]
    loads = [0.0] * count
    shard_of: dict[str, int] = {}
    for number in sorted(range(len(groups)), key=lambda each: -seconds[each]):
        shard = min(range(count), key=lambda each: loads[each])
        loads[shard] += seconds[number]
        shard_of |= {each.location: shard for each in groups[number]}
    return [
        tuple(each for each in scenarios if shard_of[each.location] == shard)
        for shard in range(count)
    ]


def group(scenarios: Iterable[Selected]) -> list[tuple[Selected, ...]]:
    """Return the scenarios that share an execution together, the others each alone.

    Scenarios that ask for the same in the same words share it, whatever their deadlines.
    """
    groups: dict[tuple[str, ...], list[Selected]] = {}
    for each in scenarios:
        words = tuple(_PATIENCE.sub("", step) for step in each.setup)
        groups.setdefault(words or (each.location,), []).append(each)
    return [tuple(each) for each in groups.values()]


def seconds_of(group: Sequence[Selected], durations: Durations) -> float:
    """Return how long the scenarios of a group are expected to take together, in seconds."""
    recorded = [durations.get((each.feature, each.name), 0.0) for each in group]
    known = sum(recorded)
    if not known:
        waits = (int(number) for step in group[0].setup for number in _PATIENCE.findall(step))
        known = _SHARE_OF_PATIENCE * sum(waits)
    return known + _LEAST_SECONDS * len(group)
