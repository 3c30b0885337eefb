"""Steps about NoETL's command line: the documents' commands, and what they tell."""

from __future__ import annotations

from typing import Any

from behave import register_type, step, then, when
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.checks import command_line
from noetl_acceptance.judging import judge
from noetl_acceptance.order import Workload, ask
from noetl_acceptance.terminal import Terminal

ADDRESSES = {
    "NoETL's own address": Terminal.use_own_address,
    "the address of a forward to NoETL": Terminal.use_forward,
    "an address where nothing listens": Terminal.use_silent_address,
}
ENDINGS = {"succeeds": command_line.succeeded, "is refused": command_line.refused}

register_type(
    Address=TypeBuilder.make_enum(ADDRESSES),
    Ending=TypeBuilder.make_enum(ENDINGS),
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


def judge_last(context: Context, check: Any, *arguments: Any) -> None:
    judge(context, check, terminal(context).calls[-1], *arguments)


def judge_footprint(context: Context, check: Any, *arguments: Any) -> None:
    at = terminal(context)
    judge(context, check, at.footprint(), at.before, *arguments)


@step("the commands name {address:Address}")
def commands_name(context: Context, address: Any) -> None:
    address(terminal(context))


@step('the command "{name}" is given')
def command_given(context: Context, name: str) -> None:
    terminal(context).give(name, context.executions)


@when(
    "{seed:d} travelers are enriched in {batches:d} batches of {size:d} while the documents' "
    "waiting loop looks on, within {seconds:d} seconds"
)
def loop_looks_on(context: Context, seed: int, batches: int, size: int, seconds: int) -> None:
    ask(context, workload=Workload(seed_rows=seed, batch_size=size, max_batches=batches))
    within = seconds * context.session.settings.time_scale
    context.executions = context.session.execute(
        context.order, seconds=seconds, follow=lambda it: terminal(context).follow(it, within)
    )


@then("the command {ending:Ending}")
def command_ends(context: Context, ending: Any) -> None:
    judge_last(context, ending)


@then('the command says "{words}"')
def command_says(context: Context, words: str) -> None:
    judge_last(context, command_line.says, words)


@then("the {role:Role} playbook has one version more in NoETL's catalog")
def version_added(context: Context, role: str) -> None:
    playbook = getattr(context.session.pair, role)
    judge_footprint(context, command_line.version_added, playbook)


@then("no execution is started")
def nothing_started(context: Context) -> None:
    judge_footprint(context, command_line.nothing_started)


@then("the rows of that run are gone, and no other")
def only_removed(context: Context) -> None:
    run = context.executions[0].run
    judge_footprint(context, command_line.only_removed, run.execution_id)


@then("the answer is what the database itself says")
def answers_as_database(context: Context) -> None:
    judge_last(context, command_line.answers_as_database, terminal(context).rows())


@then("the answer shows")
def answer_shows(context: Context) -> None:
    wanted = {name.replace(" ", "_"): value for name, value in context.table[0].items()}
    judge_last(context, command_line.shows, wanted)


@then("the status tells the execution, whether it has completed or failed, and its current step")
def status_told(context: Context) -> None:
    run = context.executions[0].run
    judge_last(context, command_line.tells_status, run.execution_id)


@then("the loop ends when the run has {outcome:Outcome}")
def loop_ended(context: Context, outcome: str) -> None:
    run = context.executions[0].run
    judge(context, command_line.loop_ended, terminal(context).calls, run, outcome)
