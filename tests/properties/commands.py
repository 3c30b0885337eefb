"""Healthy commands of NoETL's command line: what each leaves and tells."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import command_line
from noetl_acceptance.model.command_record import CatalogEntry, CliCall, Footprint, Given
from noetl_acceptance.model.record import ExecutionRecord, RowCounts
from tests.properties.cases import Case, Draw
from tests.properties.strategies import runs
from tests.runs import PAIR, PARENT

REFUSAL = "tcp connect error: Connection refused (os error 111)"
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 99), st.sampled_from(["a b", "x", "{}", "Jürgen"])
)


def call(out: Any = "", *arguments: str, code: int | None = 0, err: str = "") -> CliCall:
    """Return a command that told something as text, or as JSON."""
    text = out if isinstance(out, str) else json.dumps(out)
    return CliCall(
        arguments=arguments, exit_code=code, out=text, err=err, seconds=0.1, ended_at=100.0
    )


def _given(made: CliCall, before: Footprint, after: Footprint, **more: Any) -> Given:
    return Given(call=made, before=before, after=after, pair=PAIR, execution_id="1", **more)


@st.composite
def footprints(draw: Draw) -> Footprint:
    """Draw how things stand: a catalog with or without the pair, some executions with rows."""
    versions = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    executions = ("1", *draw(st.sampled_from([("2",), ("2", "3")])))
    return Footprint(
        catalog={
            playbook.path: CatalogEntry(version=version, text=draw(st.sampled_from(["old", ""])))
            for playbook, version in zip((PAIR.parent, PAIR.worker), versions, strict=True)
            if version
        },
        executions=draw(st.integers(3, 9)),
        rows={each: RowCounts(source=4, stored=3, digest=each) for each in executions},
    )


@st.composite
def registrations(draw: Draw) -> Case:
    """Draw a command that adds one version of a playbook, with the text of its file."""
    role = draw(st.sampled_from(["parent", "worker"]))
    playbook = PAIR.parent if role == "parent" else PAIR.worker
    before: Footprint = draw(footprints())
    old = before.catalog.get(playbook.path)
    new = CatalogEntry(version=old.version + 1 if old else 1, text=playbook.text)
    after = before.model_copy(update={"catalog": {**before.catalog, playbook.path: new}})
    held: dict[Any, tuple[Any, ...]] = {
        command_line.succeeds: (),
        command_line.registers: (role,),
        command_line.starts_nothing: (),
    }
    return Case(_given(call("registered", "register"), before, after), held, playbook.path)


@st.composite
def refused(draw: Draw) -> Case:
    """Draw a command that fails, says why and leaves nothing."""
    stands: Footprint = draw(footprints())
    made = call("", "catalog", code=draw(st.integers(1, 3)), err=f"Error: {REFUSAL}")
    held: dict[Any, tuple[Any, ...]] = {
        command_line.is_refused: (),
        command_line.says: (draw(st.sampled_from(["Connection refused", "connection REFUSED"])),),
        command_line.starts_nothing: (),
    }
    return Case(_given(made, stands, stands), held)


@st.composite
def clean_ups(draw: Draw) -> Case:
    """Draw a command that removes the rows of execution 1, and no other's."""
    before: Footprint = draw(footprints())
    rest = {each: rows for each, rows in before.rows.items() if each != "1"}
    after = before.model_copy(update={"rows": rest})
    held: dict[Any, tuple[Any, ...]] = {command_line.succeeds: (), command_line.removes_one: ()}
    return Case(_given(call("done", "query"), before, after), held)


def table_of(rows: list[dict[str, Any]]) -> str:
    """Return rows as the command line draws them: names, then a line for each row."""
    lines = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    drawn = [f"│ {' │ '.join(cells)} │" for cells in lines]
    return "\n".join([*drawn, f"({len(rows)} rows)"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@st.composite
def queries(draw: Draw, *, table: bool = False) -> Case:
    """Draw a query that tells the rows of the database: two or more, each with its number."""
    values = draw(st.lists(VALUES, min_size=2, max_size=4))
    rows = [{"number": 100 + n, "value": value} for n, value in enumerate(values)]
    stands: Footprint = draw(footprints())
    held: dict[Any, tuple[Any, ...]] = {command_line.succeeds: (), command_line.tells_rows: ()}
    if table:
        made = call(table_of(rows), "query", "--format", "table")
    else:
        made = call({"result": rows, "error": None, "status": "ok"}, "query", "--format", "json")
        held[command_line.shows] = ({"number": "100", "value": _text(values[0])},)
    return Case(_given(made, stands, stands, rows=rows), held)


def status(at: float = 100.0, execution_id: str = PARENT, **fields: Any) -> CliCall:
    """Return a command that told a status; of an execution that goes on, if nothing else."""
    told = {"execution_id": execution_id, "completed": False, "failed": False, **fields}
    made = call({"current_step": None, **told}, "status", "--json")
    return made.model_copy(update={"ended_at": at})


@st.composite
def statuses(draw: Draw) -> Case:
    """Draw a status of an execution that goes on or is over."""
    over = draw(st.sampled_from([{}, {"completed": True}, {"completed": True, "failed": True}]))
    step = draw(st.sampled_from(["start", "end"] if over else ["start", None]))
    stands: Footprint = draw(footprints())
    made = status(execution_id="1", **over, current_step=step)
    held: dict[Any, tuple[Any, ...]] = {command_line.succeeds: (), command_line.tells_status: ()}
    return Case(_given(made, stands, stands), held, over)


@st.composite
def loops(draw: Draw) -> Case:
    """Draw the waiting loop beside an execution: its looks, the last one after the end."""
    run: ExecutionRecord = draw(runs()).subject
    outcome = draw(st.sampled_from(["completed", "failed"]))
    run = run.model_copy(update={"end": f"playbook.{outcome}"})
    before = [run.ended_at - 5 + n for n in range(draw(st.integers(0, 4)))]
    last = status(
        run.ended_at + draw(st.sampled_from([0.0, 0.5, 9.0])),
        completed=outcome == "completed" or draw(st.booleans()),
        failed=outcome == "failed",
        current_step="end",
    )
    looks = [*(status(at) for at in before), last]
    return Case(looks, {command_line.loop_ended: (run, outcome)})


HEALTHY = {
    "a command that registers": registrations(),
    "a command that is refused": refused(),
    "a command that cleans up": clean_ups(),
    "a query told as JSON": queries(),
    "a query told as a table": queries(table=True),
    "a command that tells the status": statuses(),
    "the documents' waiting loop": loops(),
}
