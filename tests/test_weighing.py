"""An error is weighed against what became of the services meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError
from noetl_acceptance.model.services import ServiceChange
from noetl_acceptance.support.polling import StarvedError
from noetl_acceptance.verdict.weighing import (
    TOGETHER_SECONDS,
    in_order_of_cause,
    weigh,
    weigh_start,
)

ROWS_MISSING = AssertionError("3 rows are missing")


def change(service: str, cause: str, at: float = 100.0) -> ServiceChange:
    return ServiceChange.model_validate(
        {"at": at, "service": service, "state": "exited 1", "cause": cause}
    )


UP = ServiceChange(at=1.0, service="nats", state="up")


def test_where_no_service_went_an_error_stays_as_it_is() -> None:
    assert weigh(ROWS_MISSING, [UP]) is ROWS_MISSING


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ([change("worker-1", "itself")], AssertionError),
        ([change("worker-1", "outside")], NotJudgedError),
        ([change("worker-1", "unseen")], NotJudgedError),
        ([change("postgres", "outside")], SandboxError),
        ([change("profile-api", "itself")], SuiteError),
        ([change("server", "itself", 101), change("postgres", "itself", 102)], SandboxError),
        ([change("server", "itself", 101), change("postgres", "itself", 109)], AssertionError),
        ([change("worker-2", "outside", 101), change("worker-1", "itself", 109)], NotJudgedError),
    ],
)
def test_the_cause_decides(changes: list[ServiceChange], kind: type[Exception]) -> None:
    weighed = weigh(ROWS_MISSING, [UP, *changes])
    assert type(weighed) is kind
    assert "3 rows are missing" in str(weighed)
    assert f"{in_order_of_cause(changes)[0].service} exited 1" in str(weighed)


@pytest.mark.parametrize("error", [NotJudgedError("x"), SuiteError("x"), KeyError("x")])
def test_what_is_nobodys_of_these_is_not_weighed(error: Exception) -> None:
    assert weigh(error, [change("postgres", "itself")]) is error


CHANGES = st.builds(
    change,
    st.sampled_from(["server", "worker-1", "postgres", "nats", "profile-api"]),
    st.sampled_from(["itself", "outside", "unseen"]),
    st.floats(100, 120),
)


@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_weighing_twice_changes_nothing(changes: list[ServiceChange]) -> None:
    once = weigh(ROWS_MISSING, changes)
    assert weigh(once, changes) is once


@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_nothing_is_lost_and_the_first_to_go_is_never_later_than_the_others(
    changes: list[ServiceChange],
) -> None:
    ordered = in_order_of_cause(changes)
    assert sorted(map(str, ordered)) == sorted(map(str, changes))
    assert ordered[0].at <= min(each.at for each in changes) + TOGETHER_SECONDS


def test_a_starved_bring_up_stays_one_whatever_the_settings() -> None:
    starved = StarvedError("this machine is starved", "give it processors")
    assert weigh_start(starved, ["LOG_LEVEL"]) is starved
