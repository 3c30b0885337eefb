"""Steps about the profile API: how it answers, and what its log shows."""

from __future__ import annotations

from dataclasses import replace

from behave import given, register_type, then
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge_runs
from noetl_acceptance.bdd.step_fields import NUMBERS, PEAK, SOME_TRAVELERS
from noetl_acceptance.checks import calls, ledger, slowness, stub_answers
from noetl_acceptance.model.request import Workers
from noetl_acceptance.profile_api.hard_data import NEWEST
from noetl_acceptance.profile_api.rules import Rule

ANSWERS = {
    "answers with HTTP status 500": Rule(kind="status", status=500),
    "answers with HTTP status 429": Rule(kind="status", status=429),
    "answers with HTTP status 203": Rule(kind="status", status=203),
    "answers with broken JSON": Rule(kind="malformed"),
    "answers with an empty profile": Rule(kind="nobody"),
    "answers with another traveler's profile": Rule(kind="other_traveler"),
    "closes the connection mid-answer": Rule(kind="close"),
    "takes 2 seconds to answer": Rule(kind="delay", seconds=2),
    "takes 5 seconds to answer": Rule(kind="delay", seconds=5),
    "takes 40 seconds to answer": Rule(kind="delay", seconds=40),
    "never answers": Rule(kind="never"),
}

register_type(
    Answer=TypeBuilder.make_enum(ANSWERS),
    Numbers=NUMBERS,
    Peak=PEAK,
    SomeTravelers=SOME_TRAVELERS,
)


def add_rule(context: Context, rule: Rule) -> None:
    context.request = context.request.answered_by((*context.request.rules, rule))


@given("each answer of the profile API takes {seconds:f} seconds")
def answers_take(context: Context, seconds: float) -> None:
    add_rule(context, Rule(kind="delay", seconds=seconds))


@given("each good answer of the profile API holds a profile that software often harms")
def answers_with_hard_data(context: Context) -> None:
    add_rule(context, Rule(kind="hard_data", data=NEWEST))


@given("the profile API {answer:Answer} when asked about {travelers:SomeTravelers}")
def answers_about(context: Context, answer: Rule, travelers: tuple[int, ...]) -> None:
    add_rule(context, replace(answer, travelers=travelers))


@given("the request names another address of the profile API, where every answer is good")
def another_address(context: Context) -> None:
    context.request = context.request.answered_by(())


@then("the profile API's log confirms these answers")
def answers_confirmed(context: Context) -> None:
    judge_runs(context, stub_answers.happened)


@then("the peak of calls in flight is {peak:Peak}")
def in_flight(context: Context, peak: tuple[int, ...]) -> None:
    judge_runs(context, calls.in_flight_between, peak[0], peak[-1])


@then("the peak of calls in flight is higher than with {count:d} workers")
def more_in_flight(context: Context, count: int) -> None:
    fewer = context.session.repeat(context.request.on(Workers(count=count)))
    judge_runs(context, slowness.more_parallel, fewer)


@then(
    "each traveler in range and no other is requested, and again only after its previous call got "
    "a bad answer"
)
def exactly_once(context: Context) -> None:
    judge_runs(context, calls.exactly_once)


@then("no traveler is requested again after a good answer")
def never_again(context: Context) -> None:
    judge_runs(context, calls.never_again)


@then("the profile API receives exactly {count:d} calls")
def calls_in_all(context: Context, count: int) -> None:
    judge_runs(context, calls.count_is, count)


@then("every call carries its traveler's name exactly as seeded")
def names_unharmed(context: Context) -> None:
    judge_runs(context, calls.names_unharmed)


@then(
    "every traveler in range is requested at the address that the request names, and no call goes "
    "elsewhere"
)
def as_addressed(context: Context) -> None:
    judge_runs(context, calls.as_addressed)


@then(
    "each traveler with a valid row has exactly one good answer in the profile API's log, and "
    "each traveler with a good answer has a valid row"
)
def answers_stored(context: Context) -> None:
    judge_runs(context, calls.answers_stored)


@then("every traveler in range except {numbers:Numbers} has a valid row")
def others_valid(context: Context, numbers: tuple[int, ...]) -> None:
    judge_runs(context, ledger.others_valid, list(numbers))


@then("the slow answers delay the execution by at most {factor:d} times what its calls need")
def delay_at_most(context: Context, factor: int) -> None:
    quick = context.session.repeat(context.request.answered_by(()))
    judge_runs(context, slowness.costs_at_most, quick, factor)
