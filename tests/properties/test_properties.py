"""Every check: silent about what is healthy, exact about what is damaged.

Which checks there are is read from the steps; what damages there are stands in ``damages/``.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noetl_acceptance.checks import (
    answers,
    batch_ranges,
    batch_sequence,
    calls,
    early_rows,
    ledger,
    log_findings,
    network,
    quiet_end,
    stub_answers,
)
from noetl_acceptance.checks.check_names import Check, name_of
from noetl_acceptance.errors import NotJudgedError
from tests.properties import commands
from tests.properties.cases import Case, Damage, seen
from tests.properties.damages import DAMAGES, failing, services, unharmed
from tests.properties.runs import Shape
from tests.properties.strategies import healthy, spoilt
from tests.properties.used import checks_used

HEALTHY: dict[str, st.SearchStrategy[Case]] = {
    "a run with bad answers": spoilt(),
    "a run that cannot work": failing.failed(),
    "a slow run": failing.slow(),
    "runs side by side": failing.together(),
    "a run with hard data": unharmed.HARD,
    **services.HEALTHY,
    **commands.HEALTHY,
}

NEEDED: dict[str, set[Check]] = {
    "call_traveler_id": {
        answers.own_answer,
        answers.own_status,
        calls.exactly_once,
        calls.never_again,
        calls.answers_stored,
        calls.names_unharmed,
        stub_answers.happened,
        ledger.stored_by_worker,
        early_rows.answered_first,
        batch_sequence.batches_in_turn,
        batch_ranges.own_slice,
    },
    "call_traveler_name": {calls.names_unharmed},
    "source_name": {calls.names_unharmed, answers.names_kept, answers.names_normalised},
    "name": {answers.names_kept},
    "normalized_name": {answers.names_normalised},
    "payload": {answers.own_answer},
}
"""The checks that cannot judge a pair without a name."""


def not_judged(shape: Shape) -> set[Check]:
    lacking: set[Check] = {check for name in shape.lacking for check in NEEDED.get(name, ())}
    return lacking if shape.sink else {*lacking, network.nothing_outside}


@settings(max_examples=60)
@given(healthy())
def test_a_healthy_run_has_no_finding(case: Case) -> None:
    unfit = not_judged(case.shape)
    for check, arguments in case.held.items():
        if check in unfit:
            with pytest.raises(NotJudgedError):
                check(case.subject, *arguments)
        else:
            assert check(case.subject, *arguments) == [], check.__name__


@pytest.mark.parametrize("subject", HEALTHY)
@settings(max_examples=15)
@given(data=st.data())
def test_whatever_else_is_healthy_has_no_finding(subject: str, data: st.DataObject) -> None:
    assert seen(data.draw(HEALTHY[subject])) == {}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
@settings(max_examples=7)
@given(data=st.data())
def test_damage_has_exactly_the_findings_that_name_it(damage: Damage, data: st.DataObject) -> None:
    hit = damage.harm(data.draw, data.draw(damage.healthy))
    assert seen(hit.case) == damage.expected(hit)


def test_every_check_that_is_used_fails_by_some_damage() -> None:
    used = checks_used()
    assert used >= {calls.exactly_once, log_findings.quiet, quiet_end.unchanged}, (
        "the steps are not read"
    )
    named = {check for damage in DAMAGES for check in damage.told}
    blind = sorted(name_of(check) for check in used - named)
    assert not blind, f"no damage in tests/properties makes these fail: {', '.join(blind)}"
