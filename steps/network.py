"""Steps about the wire: a worker's calls, their connections, and places outside the sandbox."""

from __future__ import annotations

from behave import register_type, then, when
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge, judge_runs
from noetl_acceptance.bdd.step_fields import CONNECTIONS
from noetl_acceptance.checks import network
from noetl_acceptance.model.probe_record import TARGETS

register_type(
    Connections=CONNECTIONS, Target=TypeBuilder.make_enum({target: target for target in TARGETS})
)


@when("the worker makes {count:d} calls to {target:Target} within {seconds:d} seconds")
def worker_calls(context: Context, count: int, target: str, seconds: int) -> None:
    context.probe = context.session.probe(context.request, target, count, seconds=seconds)


@then("the calls use {protocol} and {count:Connections} in all")
def calls_use(context: Context, protocol: str, count: int) -> None:
    judge(context, network.made_over, context.probe, protocol, count)


@then("the profile API's log confirms that each address was idle for 2 seconds between its calls")
def addresses_idle(context: Context) -> None:
    judge(context, network.idle_between, context.probe)


@then("all calls arrive and are answered, and the sink refuses none")
def calls_arrive(context: Context) -> None:
    judge(context, network.reached, context.probe)


@then("the sink refuses and records the calls, and none of them arrives")
def calls_refused(context: Context) -> None:
    judge(context, network.refused, context.probe)


@then("NoETL's server and workers have sent nothing to the sink")
def nothing_outside(context: Context) -> None:
    judge_runs(context, network.nothing_outside)
