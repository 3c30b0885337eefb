"""Steps about the playbooks' own texts and their registration."""

from __future__ import annotations

from typing import Any

from behave import given, register_type, step, then
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge, judge_runs
from noetl_acceptance.checks import texts
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.request import Credential, CredentialState

CONDITIONS: dict[str, CredentialState] = {
    "is registered": "registered",
    "is not registered": "unregistered",
    "is for a second database": "of the second database",
    "is for an empty database": "of an empty database",
    "has a wrong password": "wrong password",
    "has a wrong host": "wrong host",
    "has a wrong database": "wrong database",
}

CREDENTIALS = {
    "the default credential": Credential.default,
    "the run names a credential that": Credential.named,
}

register_type(
    Condition=TypeBuilder.make_enum(CONDITIONS), Credential=TypeBuilder.make_enum(CREDENTIALS)
)


def registered_pair(context: Context) -> PlaybookPair:
    pair: PlaybookPair = context.session.connected().registered_pair(context.session.pair)
    return pair


@given("the traveler playbooks are registered")
def playbooks_registered(context: Context) -> None:
    context.session.connected().register_playbooks(context.session.pair)


@step("{credential:Credential} {condition:Condition}")
def credential_state(context: Context, credential: Any, condition: CredentialState) -> None:
    context.request = context.request.using(credential(condition))


@given("the executions make the tables of that database at the same moment")
def tables_raced(context: Context) -> None:
    context.request = context.request.racing()


@given("the worker playbook allows {most:d} calls in flight")
def calls_allowed(context: Context, most: int) -> None:
    context.request = context.request.allowing(most)


@given("the parent playbook ends its loop after {rounds:Rounds}, whatever is asked for")
def rounds_limited(context: Context, rounds: int) -> None:
    context.request = context.request.ending_after(rounds)


@then("the defaults of the parent playbook are those of its documents")
def defaults_are(context: Context) -> None:
    judge(context, texts.defaults_are, registered_pair(context))


@then("the worker playbook asks for a parallel loop of http calls, at most {most:d} at once")
def parallel_http_loop(context: Context, most: int) -> None:
    judge_runs(context, texts.parallel_http_loop, most)
