"""Steps about NoETL's command line: the documents' commands, and what they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from behave import register_type, step, then, when
from behave.runner import Context
from parse import with_pattern
from parse_type import TypeBuilder

from noetl_acceptance.bdd.cli_session import Terminal
from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks import command_line
from noetl_acceptance.model.request import Workload

PLACES = {
    "": Terminal.at_noetl,
    " through a forward to NoETL": Terminal.at_forward,
    " where nothing listens": Terminal.at_nothing,
}
COMMAND_CHECKS: dict[str, tuple[Any, ...]] = {
    "succeeds": (command_line.succeeds,),
    "is refused": (command_line.is_refused,),
    "says that the connection is refused": (command_line.says, "Connection refused"),
    "says that there is no such table": (command_line.says, "does not exist"),
    "registers the worker playbook": (command_line.registers, "worker"),
    "registers the parent playbook": (command_line.registers, "parent"),
    "starts no execution": (command_line.starts_nothing,),
    "removes the rows of that run, and of no other": (command_line.removes_one,),
    "tells what the database itself says": (command_line.tells_rows,),
    "tells whether that run has completed or failed, and its step": (command_line.tells_status,),
}


def counted(one: str, several: str) -> Callable[[str], int]:
    """Return a field that takes ``1 batch`` and ``4 batches`` alike."""

    def number(text: str) -> int:
        return int(text.split(maxsplit=1)[0])

    field: Callable[[str], int] = with_pattern(rf"1 {one}|\d+ {several}")(number)
    return field


register_type(  # for all modules of steps; behave loads this one first
    Batches=counted("batch", "batches"), Rounds=counted("round", "rounds")
)
register_type(
    Deed=TypeBuilder.make_enum(COMMAND_CHECKS),
    Place=TypeBuilder.make_enum(PLACES),
    Outcome=TypeBuilder.make_choice(["completed", "failed"]),
)


def terminal(context: Context) -> Terminal:
    """Return the scenario's terminal, opened when it is asked for first."""
    if "terminal" not in context:
        context.terminal = Terminal(context.session)
        context.add_cleanup(context.terminal.close)
    opened: Terminal = context.terminal
    return opened


@step('the command "{name}" is given{place:Place}')
def command_given(context: Context, name: str, place: Any) -> None:
    at = terminal(context)
    at.give(name, context.executions, place(at))


@when(
    "{seed:d} travelers are enriched in {batches:Batches} of {size:d} while the documents' "
    "waiting loop looks on, within {seconds:d} seconds"
)
def loop_looks_on(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.request = context.request.sized(sizes)
    within = seconds * context.session.settings.time_scale
    context.executions = context.session.execute(
        context.request, seconds=seconds, follow=lambda it: terminal(context).follow(it, within)
    )


@then("the command {deed:Deed}")
def command_does(context: Context, deed: tuple[Any, ...]) -> None:
    check, *arguments = deed
    judge(context, check, terminal(context).given, *arguments)


@then("its answer shows")
def answer_shows(context: Context) -> None:
    wanted = {name.replace(" ", "_"): value for name, value in context.table[0].items()}
    judge(context, command_line.shows, terminal(context).given, wanted)


@then("the loop ends when the run has {outcome:Outcome}")
def loop_ended(context: Context, outcome: str) -> None:
    record = context.executions[0].record
    judge(context, command_line.loop_ended, terminal(context).looks, record, outcome)
