"""Steps about the wire: probes, their connections, and what reaches outside of the sandbox."""

from __future__ import annotations

from behave import given, register_type, then, when
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.checks import network
from noetl_acceptance.judging import judge, judge_runs
from noetl_acceptance.order import Workers, ask
from noetl_acceptance.probe import TARGETS

register_type(Target=TypeBuilder.make_enum({target: target for target in TARGETS}))


@given("a single worker with default settings")
def worker_by_default(context: Context) -> None:
    ask(context, workers=Workers(count=1, inflight=1))


@given("a single worker with {variable} set to {value}")
def worker_with_variable(context: Context, variable: str, value: str) -> None:
    ask(context, workers=Workers(count=1, inflight=1, variables=((variable, value),)))


@given("a single worker in a sandbox without isolation")
def worker_not_isolated(context: Context) -> None:
    ask(context, workers=Workers(count=1, inflight=1, isolated=False))


@when("the worker makes {count:d} calls, to {target:Target}, within {seconds:d} seconds")
def probed(context: Context, count: int, target: str, seconds: int) -> None:
    context.probe = context.session.probe(context.order, target, count, seconds=seconds)


@then("the number of connections is {count:d}")
def connections_are(context: Context, count: int) -> None:
    judge(context, network.connections_are, context.probe, count)


@then("each address is left alone for at least {seconds:f} seconds between its calls")
def left_alone(context: Context, seconds: float) -> None:
    judge(context, network.left_alone, context.probe, seconds)


@then("the calls are made over {protocol}")
def protocol_is(context: Context, protocol: str) -> None:
    judge(context, network.protocol_is, context.probe, protocol)


@then("the calls are refused and put on record, and do not arrive")
def refused(context: Context) -> None:
    judge(context, network.refused, context.probe)


@then("the calls arrive")
def arrived(context: Context) -> None:
    judge(context, network.reached, context.probe)


@then("nothing in the sandbox has tried to reach a place outside of it")
def nothing_outside(context: Context) -> None:
    judge_runs(context, network.nothing_outside)
