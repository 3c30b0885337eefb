"""Steps about the playbooks' own texts and their registration."""

from __future__ import annotations

from behave import given, then
from behave.runner import Context

from noetl_acceptance.checks import texts
from noetl_acceptance.judging import judge, judge_run
from noetl_acceptance.run import Workload
from noetl_acceptance.session import DEFAULT_CREDENTIAL, SECOND_CREDENTIAL


@given("the traveler playbooks are registered")
def playbooks_registered(context: Context) -> None:
    context.session.stage.register_playbooks()


@given("the database credential of the playbooks is registered")
def credential_registered(context: Context) -> None:
    context.session.stage.register_credential(DEFAULT_CREDENTIAL)


@given("a credential for a second database is registered")
def second_database(context: Context) -> None:
    context.session.stage.register_second_database(SECOND_CREDENTIAL)


@then("the parent playbook by default seeds {seed:d} travelers for {batches:d} batches of {size:d}")
def defaults_are(context: Context, seed: int, batches: int, size: int) -> None:
    wanted = Workload(seed_rows=seed, batch_size=size, max_batches=batches)
    judge(context, texts.defaults_are, context.session.stage.registered_pair(), wanted)


@then("the parent playbook by default uses the credential and the public API of its documents")
def connections_are(context: Context) -> None:
    pair = context.session.stage.registered_pair()
    judge(context, texts.connections_are, pair, DEFAULT_CREDENTIAL)


@then("the worker playbook asks for a parallel loop of http calls, at most {most:d} at once")
def parallel_http_loop(context: Context, most: int) -> None:
    judge_run(context, texts.parallel_http_loop, most)
