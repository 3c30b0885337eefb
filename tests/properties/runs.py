"""Makes healthy records of any shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from noetl_acceptance.checks import batch_sequence
from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.record import (
    Call,
    Event,
    ExecutionRecord,
    Outcome,
    RowCounts,
    SourceRow,
    StoredRow,
    StoredSample,
)
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.profile_api.rules import Rule
from tests.runs import PAIR, PARENT, WORKER_PATH, Log, call_of, row_of, status_at

TOOL = "tool: {kind: http, method: GET}"
TOOL_LIST = "tool: [{call: {kind: http, method: GET}}, {keep: {kind: postgres, command: SELECT 1}}]"
assert TOOL in PAIR.worker.text

SHAPES: tuple[Callable[[Any], Any], ...] = (
    lambda own: own,
    lambda own: {"status_code": 200, "data": own, "url": "http://x"},
    lambda own: json.dumps({"data": own}),
    lambda own: [own],
)
"""How a pair may keep an answer."""

TYPES = {
    "traveler_id": "integer",
    "profile_status": "smallint",
    "batch_number": "bigint",
    "is_valid": "boolean",
    "traveler_name": "text",
}

BAD: Mapping[str, dict[str, Any]] = {
    "status": {"answer": "status", "status": 500},
    "malformed": {"answer": "malformed", "status": 200},
    "nobody": {"answer": "nobody", "status": 200},
    "close": {"answer": "close", "status": None},
    "never": {"answer": "abandoned", "status": None},
    "other_traveler": {"answer": "other_traveler", "status": 200},
}
"""What the journal has of an answer by each rule."""


@dataclass(frozen=True)
class Shape:
    """What a healthy Run is made from.

    ``retried`` travelers are answered badly once and then well; ``refused`` ones, each by a kind
    of rule, only badly: they are stored as invalid; ``lost`` ones likewise, but not stored.
    ``turns`` is the order in which the batches are run. ``lacking`` are names that the pair has
    not; with ``columns`` it is also recorded which columns there are.
    """

    workload: Workload
    words: tuple[str, ...] = ("Traveler 'x'",)
    seconds: tuple[float, ...] = (0.3,)
    at_once: int = 1
    workers: int = 5
    retried: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict)
    lost: Mapping[int, str] = field(default_factory=dict)
    commands: Literal["each", "each try", "loop"] = "each"
    tool_list: bool = False
    kept: int = 0
    times: Literal["exact", "whole seconds", "none", "another zone"] = "exact"
    lacking: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()
    sink: bool = True
    turns: tuple[int, ...] = ()
    columns: bool = False

    def name(self, traveler: int) -> str:
        """The name of a traveler, whose first word goes round."""
        return f" {self.words[(traveler - 1) % len(self.words)]} {traveler}  "

    def duration(self, number: int) -> float:
        """How long an answer takes."""
        return self.seconds[number % len(self.seconds)]

    @property
    def spoilt(self) -> dict[int, str]:
        """The travelers that only ever get bad answers, each with the kind of rule."""
        return {**self.refused, **self.lost}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules by which they, and the retried ones, are answered."""
        found = [Rule(kind, travelers=(each,)) for each, kind in self.spoilt.items()]
        if self.retried:
            found.append(Rule("status", travelers=tuple(sorted(self.retried)), first=1))
        return tuple(found)


class Maker:
    """Makes one Run, batch after batch."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.log = Log()
        self.clock = 100.0
        self.calls: list[Call] = []
        self.good: dict[int | None, Call] = {}
        self.stored: list[StoredRow] = []
        self.samples = [StoredSample(at=99.5, stored=0, valid=0, until=99.6)]

    def make(self) -> ExecutionRecord:
        shape, log, load = self.shape, self.log, self.shape.workload
        log.add(PARENT, "playbook.initialized", "parent", self.clock)
        log.command(PARENT, "start", "postgres", self.clock, self.clock + 0.3)
        self.clock += 0.4
        for batch in shape.turns or range(1, load.max_batches + 1):
            self._batch(batch)
        start = self.clock
        log.command(PARENT, batch_sequence.VALIDATE_STEP, "postgres", start, start + 0.2)
        said = {
            "status": "completed",
            "execution": {"batch_worker_iterations": load.max_batches},
            "data": {
                "expected_rows": load.expected_rows,
                "stored_rows": len(self.stored),
                "missing_rows": len(shape.lost),
            },
        }
        result = {"data": {"result": said}}
        log.command(PARENT, "summarize", "python", start + 0.3, start + 0.4, result=result)
        ended = start + 0.5
        log.add(PARENT, "playbook.completed", "parent", ended)
        return self._run(ended)

    def _batch(self, batch: int) -> None:
        shape, log, window = self.shape, self.log, self.shape.workload.window(batch)
        child, begun = f"{PARENT}{batch}", self.clock
        log.add(child, "playbook.initialized", WORKER_PATH, begun)
        log.command(child, "start", "postgres", begun, begun + 0.5)
        self.clock += 0.6
        node, kind = ("fetch:task_sequence", "sequence") if shape.tool_list else ("fetch", "http")
        looping = self.clock
        for first in range(0, len(window), shape.at_once):
            self._at_once(child, node, kind, window[first : first + shape.at_once])
        if window and shape.commands == "loop":
            log.command(child, node, kind, looping, self.clock)
        if window:
            log.command(child, "shape", "python", self.clock, self.clock + 0.5)
            self._store(batch, self.clock + 0.4321)
            self.clock += 0.6
        for traveler in set(window) & set(shape.lost):
            told = {"error": f"no answer about {traveler}"}
            log.add(child, "call.error", "fetch", self.clock, **told)
        log.command(child, "end", "python", self.clock, self.clock + 0.2)
        log.add(child, "playbook.completed", "worker", self.clock + 0.3)
        log.command(PARENT, "run_batches", "playbook", begun, self.clock + 0.4)
        valid = len([row for row in self.stored if row.is_valid])
        at, stored = self.clock + 0.35, len(self.stored)
        self.samples.append(StoredSample(at=at, stored=stored, valid=valid, until=at + 0.01))
        self.clock += 0.7

    def _at_once(self, child: str, node: str, kind: str, group: range) -> None:
        start = ends = self.clock
        for place, traveler in enumerate(group):
            issued = at = start + 0.002 * place
            for bad in self._answers(traveler):
                arrived = at + 0.02  # the command is claimed 0.01 s after its issue
                departed = arrived + self.shape.duration(len(self.calls))
                self._call(traveler, arrived, departed, bad)
                at = departed + 0.05
                if self.shape.commands == "each try":
                    self.log.command(child, node, kind, issued, at)
                    issued = at
            if self.shape.commands == "each":
                self.log.command(child, node, kind, issued, at + 0.2)
            ends = max(ends, at + 0.2)
        self.clock = ends + 0.1

    def _answers(self, traveler: int) -> list[str]:
        """Return the kinds of answers that a traveler gets, a good one as no word."""
        if traveler in self.shape.spoilt:
            return [self.shape.spoilt[traveler]]
        return ["status", ""] if traveler in self.shape.retried else [""]

    def _call(self, traveler: int, arrived: float, departed: float, bad: str) -> None:
        call = call_of(len(self.calls) + 1, traveler, arrived, departed)
        fields: dict[str, Any] = {"traveler_name": self.shape.name(traveler), **BAD.get(bad, {})}
        if "call_traveler_name" in self.shape.lacking:
            fields["traveler_name"] = None
        if "call_traveler_id" in self.shape.lacking:
            fields["traveler_id"] = None
        self.calls.append(call.model_copy(update=fields))
        if self.calls[-1].good:
            self.good[self.calls[-1].traveler_id] = self.calls[-1]

    def _store(self, batch: int, at: float) -> None:
        times = {
            "exact": at,
            "whole seconds": float(round(at)),
            "none": None,
            "another zone": at - 7200,
        }
        for traveler in self.shape.workload.window(batch):
            if traveler not in self.shape.lost:
                row = self._row(traveler, batch)
                self.stored.append(row.model_copy(update={"stored_at": times[self.shape.times]}))

    def _row(self, traveler: int, batch: int) -> StoredRow:
        shape, name = self.shape, self.shape.name(traveler)
        good = self.good.get(traveler)
        own = {
            "args": {"traveler_id": str(traveler), "traveler_name": name},
            "headers": {"X-Amzn-Trace-Id": good.trace if good else "none"},
        }
        refused = shape.refused.get(traveler)
        fields: dict[str, Any] = {
            "name": name,
            "normalized_name": name.strip().upper(),
            "payload": None if refused else SHAPES[shape.kept](own),
            "profile_status": BAD[refused]["status"] if refused else 200,
            "is_valid": refused is None,
            "reason": refused and f"answered with {refused}",
        }
        columns = {"name", "normalized_name", "payload", "reason"}
        fields |= dict.fromkeys(columns & shape.lacking)
        return row_of(traveler, batch).model_copy(update=fields)

    def _run(self, ended: float) -> ExecutionRecord:
        shape = self.shape
        counts = {each: RowCounts(source=2, stored=1, digest=each) for each in shape.others}
        sibling = {"side": RowCounts(source=1, stored=1)}
        seeded = range(1, shape.workload.seed_rows + 1)
        return ExecutionRecord(
            execution_id=PARENT,
            answer={"execution_id": PARENT},
            request=ExecutionRequest(workload=shape.workload, rules=shape.rules),
            siblings=("side",),
            pair=_pair(shape),
            noetl_version="2.8.9",
            sandbox="embedded",
            workers=shape.workers,
            started_at=99.0,
            ended_at=ended,
            end="playbook.completed",
            events=self._events(),
            samples=tuple(self.samples),
            others_before=counts,
            statuses=(status_at(ended - 0.2, over=False), status_at(ended + 0.2, over=True)),
            outcome=Outcome(
                read_at=ended + 1,
                columns=self._columns() if shape.columns else {},
                types=TYPES,
                others={**counts, **sibling},
                source=tuple(SourceRow(traveler_id=i, name=self._seed(i)) for i in seeded),
                stored=tuple(self.stored),
                calls=tuple(self.calls),
            ),
            strays=(),
            attempts=() if shape.sink else None,
            misplaced=RowCounts(source=0, stored=0),
        )

    def _seed(self, traveler: int) -> str | None:
        return None if "source_name" in self.shape.lacking else self.shape.name(traveler)

    def _columns(self) -> dict[str, tuple[str, ...]]:
        names = _pair(self.shape).names
        stored = (names.name, names.normalized_name, names.payload, names.reason)
        return {
            "traveler_batch_source": ("traveler_id", *filter(None, [names.source_name])),
            "traveler_batch_results": ("traveler_id", *filter(None, stored)),
        }

    def _events(self) -> tuple[Event, ...]:
        """Give the commands to the workers in turn."""
        events, claims = [], 0
        for event in self.log.events:
            if event.event_type == "command.claimed":
                worker = f"worker-{claims % self.shape.workers}"
                events.append(event.model_copy(update={"worker_id": worker}))
                claims += 1
            else:
                events.append(event)
        return tuple(events)


def _pair(shape: Shape) -> PlaybookPair:
    text = PAIR.worker.text.replace(TOOL, TOOL_LIST) if shape.tool_list else PAIR.worker.text
    return PlaybookPair(
        parent=PAIR.parent,
        worker=PAIR.worker.model_copy(update={"text": text}),
        names=Names.model_validate(dict.fromkeys(shape.lacking)),
    )
