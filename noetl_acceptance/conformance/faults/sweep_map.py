"""The part of docs/faults.md about crash-point sweeps: what came of a kill at each position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from noetl_acceptance.conformance.faults.fault_outcomes import CLASSES, KEPT, REPEATED, TOLD
from noetl_acceptance.conformance.faults.sweep_results import Position, Sweep, Trial
from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.conformance.row_verdicts import NOT_JUDGED, UNKNOWN

_HEAD = """\
## Crash points

The scenarios above meet an execution in the middle of batch 2. A sweep meets it everywhere. It
kills a service at each *position*: the first event of each step and type, the parent's apart
from those of its worker executions. At `worker:fetch_profiles:command.claimed`, for one, a
worker has just claimed the first command of step `fetch_profiles` of a worker execution. Events
of one step that follow each other within 2 ms share a position. Each trial has an execution of
its own, of 12 travelers in 3 batches. The service is started again 3 seconds after the kill,
and after the end a new execution is asked for. [Sweep the crash points](how-to/sweep.md) has
the command.

The words are those of the table above, but *kept* means without repeats here. *Kept with
repeats*: all that is demanded holds, no row is missing, and calls were made again, but no more
than the killed service's commands explain. A trial whose kill was not seen is *not judged*. What
services log is not judged here.
"""

_NONE = "No sweep is recorded yet.\n"

_READING = """\
The worker that is killed is the one that wrote the event, else the one that claimed its
command, else the one that claimed the newest command. *Killed after* is how many milliseconds
after the event that was, and how many events NoETL wrote meanwhile, from the least to the most.
A cell counts the trials by outcome; it is **bold** where the trials differ.
"""

_WORDS = (KEPT, REPEATED, TOLD, *(each.word for each in CLASSES), NOT_JUDGED)

_SERVICES = {"worker": "a worker", "server": "the server"}


def sweep_section(sweeps: Sequence[Sweep]) -> str:
    """Return the section.

    Args:
        sweeps: those that are recorded, in the order of their columns.
    """
    if not sweeps:
        return f"{_HEAD}\n{_NONE}"
    parts = [_HEAD, _counts(sweeps), "", _READING]
    for (release, sandbox), found in groupby(
        sweeps, key=lambda each: (each.head.release, each.head.sandbox)
    ):
        parts += [f"### NoETL {release}, {sandbox}\n", _map(list(found)), ""]
    return "\n".join(parts)


def _counts(sweeps: Sequence[Sweep]) -> str:
    """Return how many trials of each sweep came to which outcome."""
    seen = [Counter(word for trial in each.trials for word in _words_of(trial)) for each in sweeps]
    shown = [word for word in _WORDS if any(each[word] for each in seen)]
    rows = []
    for each, counts in zip(sweeps, seen, strict=True):
        what = f"{each.head.release} {each.head.sandbox}, {_SERVICES[each.head.service]} killed"
        differing = sum(differs(each.at(position.name)) for position in each.head.positions)
        numbers = [len(each.head.positions), len(each.trials), differing]
        rows.append([what, *map(str, [*numbers, *(counts[word] for word in shown)])])
    return table(["what", "positions", "trials", "trials differ", *shown], rows)


def _words_of(trial: Trial) -> Sequence[str]:
    return trial.outcome or (NOT_JUDGED,)


def differs(trials: Sequence[Trial]) -> bool:
    """Whether the trials at a position that were judged came to different outcomes."""
    return len({each.outcome for each in trials if each.outcome}) > 1


def _map(sweeps: Sequence[Sweep]) -> str:
    """Return a row for each position of one NoETL, with what each sweep has seen there."""
    rows = []
    for position in _positions(sweeps):
        near = f" (with {', '.join(map(_code, position.near))})" if position.near else ""
        seen = [_seen(each, position) for each in sweeps]
        rows.append((f"{_code(position.name)}{near}", *(told for pair in seen for told in pair)))
    head = [
        told
        for each in sweeps
        for told in (f"{_SERVICES[each.head.service]} killed", "killed after")
    ]
    return table(("position", *head), rows)


def _positions(sweeps: Sequence[Sweep]) -> list[Position]:
    """Return the positions of all sweeps, in the order of the first; what it lacks comes last."""
    found: dict[str, Position] = {}
    for each in sweeps:
        for position in each.head.positions:
            found.setdefault(position.name, position)
    return list(found.values())


def _seen(sweep: Sweep, position: Position) -> tuple[str, str]:
    """Return what came of a position, and how long after its event the kills came."""
    trials = sweep.at(position.name)
    if not trials:
        return UNKNOWN, UNKNOWN
    counts = Counter(each.word for each in trials)
    if len(counts) == 1:
        told = f"{next(iter(counts))} ×{len(trials)}"
    else:
        told = "; ".join(f"{word} ×{count}" for word, count in counts.most_common())
    late = [round(1000 * each.late) for each in trials if each.late is not None]
    written = [len(each.meanwhile) for each in trials if each.late is not None]
    after = f"{_range(late)} ms, {_range(written)}" if late else UNKNOWN
    return f"**{cell(told)}**" if differs(trials) else cell(told), after


def _range(numbers: Sequence[int]) -> str:
    """Return the least and the greatest of some numbers; only one where they are the same."""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"


def _code(name: str) -> str:
    return f"`{name}`"
