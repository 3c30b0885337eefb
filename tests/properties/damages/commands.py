"""What NoETL's command line left behind, and its waiting loop."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import command_line
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.model.command_record import CatalogEntry
from noetl_acceptance.model.record import RowCounts
from tests.properties import commands
from tests.properties.cases import Case, Damage, Draw, Found, Hit, Tells, by_nobody

NOT_REMOVED: Tells = {command_line.removes_one: by_nobody("nothing-to-judge")}


NEVER_TRUE: Tells = {command_line.loop_ended: by_nobody("loop-outcome")}


def call_with(**fields: st.SearchStrategy[Any]) -> Callable[[Draw, Case], Hit]:
    """Return the damage that something else came of the command."""

    def harm(draw: Draw, case: Case) -> Hit:
        drawn = {name: draw(values) for name, values in fields.items()}
        made = case.subject.call.model_copy(update=drawn)
        return Hit(case.with_fields(call=made))

    return harm


def catalog_with(change: Callable[[Draw, CatalogEntry], dict[str, Any]]) -> Any:
    """Return the damage that the catalog has another entry of the registered playbook."""

    def harm(draw: Draw, case: Case) -> Hit:
        after, path = case.subject.after, case.shape
        entry = after.catalog[path]
        entry = entry.model_copy(update=change(draw, entry))
        catalog = {**after.catalog, path: entry}
        return Hit(case.with_fields(after=after.model_copy(update={"catalog": catalog})))

    return harm


def other_registered(_: Draw, case: Case) -> Hit:
    """Ask for the playbook of the pair that was not registered."""
    (role,) = case.held[command_line.registers]
    other = "worker" if role == "parent" else "parent"
    return Hit(case.holding(command_line.registers, other))


def started(draw: Draw, case: Case) -> Hit:
    after = case.subject.after
    count = after.executions + draw(st.sampled_from([1, 2]))
    return Hit(case.with_fields(after=after.model_copy(update={"executions": count})))


def rows_with(
    place: str, change: Callable[[Draw, dict[str, RowCounts]], dict[str, RowCounts]]
) -> Callable[[Draw, Case], Hit]:
    """Return the damage that there are other rows before the clean-up, or after it."""

    def harm(draw: Draw, case: Case) -> Hit:
        footprint = getattr(case.subject, place)
        rows = change(draw, dict(footprint.rows))
        return Hit(case.with_fields(**{place: footprint.model_copy(update={"rows": rows})}))

    return harm


def touched(draw: Draw, rows: dict[str, RowCounts]) -> dict[str, RowCounts]:
    """Change the rows of another execution: none left, fewer, or with another content."""
    gone = {each: counts for each, counts in rows.items() if each != "2"}
    fewer = rows["2"].model_copy(update={"stored": 1})
    other = rows["2"].model_copy(update={"digest": "another"})
    return dict(draw(st.sampled_from([gone, {**rows, "2": fewer}, {**rows, "2": other}])))


def last_look(**fields: Any) -> Callable[[Draw, Case], Hit]:
    """Return the damage that the loop's last look told something else."""

    def harm(_: Draw, case: Case) -> Hit:
        *looks, last = case.subject
        told = {**json.loads(last.out), **fields}
        changed = last.model_copy(update={"out": json.dumps(told)})
        return Hit(Case([*looks, changed], case.held))

    return harm


def loop_early(draw: Draw, case: Case) -> Hit:
    run, _ = case.held[command_line.loop_ended]
    *looks, last = case.subject
    early = run.ended_at - draw(st.sampled_from([0.001, 1.0]))
    return Hit(Case([*looks, last.model_copy(update={"ended_at": early})], case.held))


def ended_otherwise(_: Draw, case: Case) -> Hit:
    run, outcome = case.held[command_line.loop_ended]
    end = "playbook.failed" if outcome == "completed" else "playbook.completed"
    changed = run.model_copy(update={"end": end})
    return Hit(case.holding(command_line.loop_ended, changed, outcome))


def no_looks(_: Draw, case: Case) -> Hit:
    return Hit(Case([], case.held))


def bad_look(draw: Draw, case: Case) -> Hit:
    """Let the loop be told some statuses of another execution."""
    run, _ = case.held[command_line.loop_ended]
    count = draw(st.integers(1, 3))
    looks = [commands.status(run.ended_at - 9, "1001")] * count
    more: dict[Check, list[Found]] = {command_line.loop_ended: [Found("status-field")] * count}
    return Hit(Case([*looks, *case.subject], case.held), more=more)


FAILS = st.sampled_from([None, 1, 2, 137])


DAMAGES = [
    Damage(
        "a registration fails",
        commands.registrations(),
        call_with(exit_code=FAILS),
        {
            command_line.succeeds: by_nobody("command-failed"),
            command_line.registers: by_nobody("command-failed"),
        },
    ),
    Damage(
        "a registration adds no version, or two",
        commands.registrations(),
        catalog_with(lambda draw, e: {"version": e.version + draw(st.sampled_from([-1, 1]))}),
        {command_line.registers: by_nobody("version")},
    ),
    Damage(
        "another text is registered",
        commands.registrations(),
        catalog_with(lambda draw, e: {"text": draw(st.sampled_from(["", e.text + "\n"]))}),
        {command_line.registers: by_nobody("registered-text")},
    ),
    Damage(
        "the other playbook is registered",
        commands.registrations(),
        other_registered,
        {command_line.registers: by_nobody("version")},
    ),
    Damage(
        "a command starts executions",
        commands.registrations(),
        started,
        {command_line.starts_nothing: by_nobody("started")},
    ),
    Damage(
        "a command is not refused",
        commands.refused(),
        call_with(exit_code=st.just(0)),
        {command_line.is_refused: by_nobody("not-refused")},
    ),
    Damage(
        "a command does not end",
        commands.refused(),
        call_with(exit_code=st.none()),
        {command_line.is_refused: by_nobody("command-late")},
    ),
    Damage(
        "a refused command does not say why",
        commands.refused(),
        call_with(err=st.sampled_from(["", " \n"])),
        {
            command_line.is_refused: by_nobody("refused-unsaid"),
            command_line.says: by_nobody("unsaid"),
        },
    ),
    Damage(
        "a refused command says something else",
        commands.refused(),
        call_with(err=st.sampled_from(["Error: timeout", "refused: connection"])),
        {command_line.says: by_nobody("unsaid")},
    ),
    Damage(
        "a clean-up leaves rows",
        commands.clean_ups(),
        rows_with(
            "after",
            lambda draw, rows: {
                **rows,
                "1": RowCounts(
                    **draw(
                        st.sampled_from([{"source": 1, "stored": 0}, {"source": 0, "stored": 1}])
                    )
                ),
            },
        ),
        {command_line.removes_one: by_nobody("rows-left")},
    ),
    Damage(
        "a clean-up changes another execution's rows",
        commands.clean_ups(),
        rows_with("after", touched),
        {command_line.removes_one: by_nobody("others-changed")},
    ),
    Damage(
        "a clean-up had nothing to remove",
        commands.clean_ups(),
        rows_with("before", lambda _, rows: {each: rows[each] for each in rows if each != "1"}),
        NOT_REMOVED,
    ),
    Damage(
        "a clean-up had no other execution to spare",
        commands.clean_ups(),
        rows_with("before", lambda _, rows: {"1": rows["1"]}),
        NOT_REMOVED,
    ),
    Damage(
        "the loop ends early",
        commands.loops(),
        loop_early,
        {command_line.loop_ended: by_nobody("loop-early")},
    ),
    Damage(
        "the loop is told no end",
        commands.loops(),
        last_look(completed=False, failed=False),
        NEVER_TRUE,
    ),
    Damage("the execution ends otherwise", commands.loops(), ended_otherwise, NEVER_TRUE),
    Damage(
        "the loop was not run",
        commands.loops(),
        no_looks,
        {command_line.loop_ended: by_nobody("nothing-to-judge")},
    ),
    Damage(
        "the loop is told of another execution",
        commands.loops(),
        bad_look,
        {command_line.loop_ended: ()},
    ),
]
