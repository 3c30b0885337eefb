"""Steps about the wire: probes, their connections, and what reaches outside of the sandbox."""

from __future__ import annotations

from behave import register_type, then, when
from behave.runner import Context
from parse import with_pattern
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge, judge_runs
from noetl_acceptance.checks import network
from noetl_acceptance.model.probe_record import TARGETS

CALL_CHECKS = {
    "arrive": network.reached,
    "leave each address alone for 2 seconds at a time": network.idle_between,
    "are refused and put on record, and do not arrive": network.refused,
}


@with_pattern(r"\d+ connections?")
def connections(text: str) -> int:
    return int(text.split(maxsplit=1)[0])


register_type(
    Connections=connections,
    Fate=TypeBuilder.make_enum(CALL_CHECKS),
    Target=TypeBuilder.make_enum({target: target for target in TARGETS}),
)


@when("the worker makes {count:d} calls, to {target:Target}, within {seconds:d} seconds")
def probed(context: Context, count: int, target: str, seconds: int) -> None:
    context.probe = context.session.probe(context.request, target, count, seconds=seconds)


@then("the calls are made over {protocol}, on {count:Connections}")
def made_over(context: Context, protocol: str, count: int) -> None:
    judge(context, network.made_over, context.probe, protocol, count)


@then("the calls {fate:Fate}")
def calls_end(context: Context, fate: network.ProbeCheck) -> None:
    judge(context, fate, context.probe)


@then("nothing in the sandbox has tried to reach a place outside of it")
def nothing_outside(context: Context) -> None:
    judge_runs(context, network.nothing_outside)
