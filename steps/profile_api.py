"""Steps about the profile API: how it answers, and what its journal shows."""

from __future__ import annotations

from behave import given, then
from behave.runner import Context

from noetl_acceptance.checks import calls
from noetl_acceptance.judging import judge_run
from noetl_acceptance.profile_api.rules import Rule


@given("each answer of the profile API takes {seconds:f} seconds")
def answers_take(context: Context, seconds: float) -> None:
    context.rules.append(Rule(kind="delay", seconds=seconds))


@given("the profile API answers about traveler {traveler:d} with something that is no profile")
def answers_malformed(context: Context, traveler: int) -> None:
    context.rules.append(Rule(kind="malformed", travelers=(traveler,)))


@given("the profile API answers about traveler {traveler:d} with the profile of another traveler")
def answers_about_another(context: Context, traveler: int) -> None:
    context.rules.append(Rule(kind="other_traveler", travelers=(traveler,)))


@given("the profile API answers about traveler {traveler:d} with an error")
def answers_error(context: Context, traveler: int) -> None:
    context.rules.append(Rule(kind="status", travelers=(traveler,), status=500))


@then("each call took at least {seconds:f} seconds")
def calls_took(context: Context, seconds: float) -> None:
    judge_run(context, calls.took_at_least, seconds)


@then("at least {least:d} and at most {most:d} calls are in flight at once")
def in_flight_between(context: Context, least: int, most: int) -> None:
    judge_run(context, calls.in_flight_between, least, most)


@then("every traveler in range is requested until it is answered well, and not again")
def exactly_once(context: Context) -> None:
    judge_run(context, calls.exactly_once)


@then("the profile API received {count:d} calls in all")
def calls_in_all(context: Context, count: int) -> None:
    judge_run(context, calls.count_is, count)


@then("every traveler is requested under the very name that was seeded")
def names_unharmed(context: Context) -> None:
    judge_run(context, calls.names_unharmed)


@then("each valid row stands on exactly one good answer of the profile API")
def answers_stored(context: Context) -> None:
    judge_run(context, calls.answers_stored)
