"""Steps about NoETL's command line: the documents' commands and their answers."""

from __future__ import annotations

from collections.abc import Callable

from behave import register_type, step, then, when
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.cli_session import Address, Terminal
from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.bdd.step_fields import BATCHES
from noetl_acceptance.checks import command_line
from noetl_acceptance.model.request import Workload

register_type(
    Batches=BATCHES,
    Outcome=TypeBuilder.make_choice(["completed", "failed"]),
    Role=TypeBuilder.make_choice(["parent", "worker"]),
)


def terminal(context: Context) -> Terminal:
    """Return the scenario's terminal, opened when it is asked for first."""
    if "terminal" not in context:
        context.terminal = Terminal(context.session)
        context.add_cleanup(context.terminal.close)
    opened: Terminal = context.terminal
    return opened


def send(context: Context, name: str, address: Callable[[Terminal], Address]) -> None:
    at = terminal(context)
    at.give(name, context.executions, address(at))


@step('the command "{name}" is sent')
def command_sent(context: Context, name: str) -> None:
    send(context, name, Terminal.at_noetl)


@when('the command "{name}" is sent through a port forward to NoETL')
def command_sent_through_forward(context: Context, name: str) -> None:
    send(context, name, Terminal.at_forward)


@when('the command "{name}" is sent to an address where nothing listens')
def command_sent_to_nothing(context: Context, name: str) -> None:
    send(context, name, Terminal.at_nothing)


@when(
    "{seed:d} travelers are enriched in {batches:Batches} of {size:d} within {seconds:d} seconds, "
    "while the documents' waiting loop asks for the status"
)
def loop_waits(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    sizes = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    context.request = context.request.sized(sizes)
    within = seconds * context.session.settings.time_scale
    context.executions = context.session.execute(
        context.request, seconds=seconds, follow=lambda it: terminal(context).follow(it, within)
    )


@then("the command succeeds")
def command_succeeds(context: Context) -> None:
    judge(context, command_line.succeeds, terminal(context).given)


@then("the command fails with an error message")
def command_fails(context: Context) -> None:
    judge(context, command_line.is_refused, terminal(context).given)


@then('the command\'s output says "{words}"')
def output_says(context: Context, words: str) -> None:
    judge(context, command_line.says, terminal(context).given, words)


@then("the command adds one version of the {role:Role} playbook to NoETL's catalog")
def command_registers(context: Context, role: str) -> None:
    judge(context, command_line.registers, terminal(context).given, role)


@then("the command starts no execution")
def command_starts_nothing(context: Context) -> None:
    judge(context, command_line.starts_nothing, terminal(context).given)


@then("the command deletes the source and target rows of the execution, and no rows of another one")
def command_deletes_rows(context: Context) -> None:
    judge(context, command_line.removes_one, terminal(context).given)


@then("the command's answer is what the database itself returns for the query")
def answer_from_database(context: Context) -> None:
    judge(context, command_line.tells_rows, terminal(context).given)


@then(
    "the command's answer has the execution's id, whether it has completed, whether it has "
    "failed, and its current step"
)
def answer_has_status(context: Context) -> None:
    judge(context, command_line.tells_status, terminal(context).given)


@then("the command's answer shows")
def answer_shows(context: Context) -> None:
    wanted = {name.replace(" ", "_"): value for name, value in context.table[0].items()}
    judge(context, command_line.shows, terminal(context).given, wanted)


@then(
    'the waiting loop ends with "{outcome:Outcome}", and not before the execution has '
    "{outcome:Outcome}"
)
def loop_ended(context: Context, outcome: str) -> None:
    record = context.executions[0].record
    judge(context, command_line.loop_ended, terminal(context).looks, record, outcome)
