"""Steps about the profile API: how it answers, and what its journal shows."""

from __future__ import annotations

import re
from dataclasses import replace

from behave import given, register_type, then, when
from behave.runner import Context
from parse import with_pattern
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge_runs
from noetl_acceptance.checks import calls, ledger, slowness, stub_answers
from noetl_acceptance.model.request import Workers
from noetl_acceptance.profile_api.rules import Rule

FAULTS = {
    "with the error 500": Rule(kind="status", status=500),
    "with the error 429": Rule(kind="status", status=429),
    "with the status 203": Rule(kind="status", status=203),
    "with something that is no profile": Rule(kind="malformed"),
    "with the profile of nobody": Rule(kind="nobody"),
    "with the profile of another traveler": Rule(kind="other_traveler"),
    "by closing the connection": Rule(kind="close"),
    "after 2 seconds": Rule(kind="delay", seconds=2),
    "after 40 seconds": Rule(kind="delay", seconds=40),
    "never": Rule(kind="never"),
}


@with_pattern(r"\d+(?:(?:, | and )\d+)*")
def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))


register_type(Fault=TypeBuilder.make_enum(FAULTS), Numbers=numbers)


def add_rule(context: Context, rule: Rule) -> None:
    context.request = context.request.answered_by((*context.request.rules, rule))


@given("each answer of the profile API takes {seconds:f} seconds")
def answers_take(context: Context, seconds: float) -> None:
    add_rule(context, Rule(kind="delay", seconds=seconds))


@given("the profile API answers about traveler {numbers:Numbers} {fault:Fault}")
def answers_badly(context: Context, numbers: tuple[int, ...], fault: Rule) -> None:
    add_rule(context, replace(fault, travelers=numbers))


@when("the profile API is called at another address, where it answers well")
def another_address(context: Context) -> None:
    context.request = context.request.answered_by(())


@then("at least {least:d} and at most {most:d} calls are in flight at once")
def in_flight_between(context: Context, least: int, most: int) -> None:
    judge_runs(context, calls.in_flight_between, least, most)


@then("every traveler in range is requested until it is answered well, and not again")
def exactly_once(context: Context) -> None:
    judge_runs(context, calls.exactly_once)


@then("no traveler is requested again after a good answer")
def never_again(context: Context) -> None:
    judge_runs(context, calls.never_again)


@then("the profile API received {count:d} calls in all")
def calls_in_all(context: Context, count: int) -> None:
    judge_runs(context, calls.count_is, count)


@then("every traveler is requested under the very name that was seeded")
def names_unharmed(context: Context) -> None:
    judge_runs(context, calls.names_unharmed)


@then("every call goes to the address that the run names")
def as_addressed(context: Context) -> None:
    judge_runs(context, calls.as_addressed)


@then("each valid row stands on exactly one good answer of the profile API")
def answers_stored(context: Context) -> None:
    judge_runs(context, calls.answers_stored)


@then("the profile API really answered so")
def faults_happened(context: Context) -> None:
    judge_runs(context, stub_answers.happened)


@then("every traveler in range but {numbers:Numbers} has a valid row")
def others_valid(context: Context, numbers: tuple[int, ...]) -> None:
    judge_runs(context, ledger.others_valid, list(numbers))


@then("the slowness costs at most {factor:d} times what such calls need side by side")
def slowness_costs(context: Context, factor: int) -> None:
    quick = context.session.repeat(context.request.answered_by(()))
    judge_runs(context, slowness.costs_at_most, quick, factor)


@then("more calls are in flight at once than with {count:d} workers")
def more_in_flight(context: Context, count: int) -> None:
    fewer = context.session.repeat(context.request.on(Workers(count=count)))
    judge_runs(context, slowness.more_parallel, fewer)
