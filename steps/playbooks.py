"""Steps about the playbooks' texts and registration, and about credentials."""

from __future__ import annotations

from behave import given, register_type, step, then
from behave.runner import Context
from parse_type import TypeBuilder

from noetl_acceptance.bdd.judge import judge, judge_runs
from noetl_acceptance.bdd.step_fields import BATCHES
from noetl_acceptance.checks import texts
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.request import Credential, CredentialState

WRONG_PARTS: dict[str, CredentialState] = {
    "password": "wrong password",
    "host": "wrong host",
    "database": "wrong database",
}

NAMED_STATES: dict[str, CredentialState] = {
    "that is registered": "registered",
    "that is not registered": "unregistered",
    "for a second database": "of the second database",
    "for an empty database": "of an empty database",
}

register_type(
    Batches=BATCHES,
    NamedState=TypeBuilder.make_enum(NAMED_STATES),
    WrongPart=TypeBuilder.make_enum(WRONG_PARTS),
)


def registered_pair(context: Context) -> PlaybookPair:
    pair: PlaybookPair = context.session.sandbox().registered_pair(context.session.pair)
    return pair


def use_default(context: Context, state: CredentialState) -> None:
    context.request = context.request.using(Credential.default(state))


@given("the traveler playbooks are registered")
def playbooks_registered(context: Context) -> None:
    context.session.sandbox().register_playbooks(context.session.pair)


@step("the playbooks' default credential is registered")
def default_registered(context: Context) -> None:
    use_default(context, "registered")


@given("the playbooks' default credential is not registered")
def default_not_registered(context: Context) -> None:
    use_default(context, "unregistered")


@given("the playbooks' default credential has a wrong {part:WrongPart}")
def default_wrong(context: Context, part: CredentialState) -> None:
    use_default(context, part)


@given("the request names a credential {state:NamedState}")
def names_credential(context: Context, state: CredentialState) -> None:
    context.request = context.request.using(Credential.named(state))


@given("the executions create their tables in that database at the same moment")
def tables_raced(context: Context) -> None:
    context.request = context.request.racing()


@given("the worker playbook allows at most {most:d} calls in flight")
def calls_allowed(context: Context, most: int) -> None:
    context.request = context.request.allowing(most)


@given(
    "the parent playbook ends its loop after {batches:Batches}, whatever number the request asks "
    "for"
)
def batches_limited(context: Context, batches: int) -> None:
    context.request = context.request.ending_after(batches)


@then("the parent playbook has the documents' default sizes, credential and profile API address")
def defaults_are(context: Context) -> None:
    judge(context, texts.defaults_are, registered_pair(context))


@then(
    "the text of the worker playbook sets a parallel loop of http calls to at most {most:d} in "
    "flight"
)
def parallel_http_loop(context: Context, most: int) -> None:
    judge_runs(context, texts.parallel_http_loop, most)
