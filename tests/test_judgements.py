"""What is kept of a run, and judging it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.bdd.judge import conclude, judge
from noetl_acceptance.checks import calls, ledger, quiet_end, secrecy, slowness, status
from noetl_acceptance.checks.check_names import Check, check
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.evidence import store
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.judgements import (
    Judgement,
    judge_again,
    judgement_of,
    read_judgements,
    write_judgements,
)
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.leak import Leak
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.support.polling import StarvedError
from noetl_acceptance.support.starvation import STARVED
from noetl_acceptance.verdict.known_deviations import RecordedDeviations
from tests.runs import healthy_run
from tests.test_known_deviations import LOSES

RUN = healthy_run()
LEAK = Leak(secret="the password of nats", place="the log of the worker")  # noqa: S106 - its name


def recorded(check: Check, subject: Any, *arguments: Any) -> Judgement:
    """Return a judgement as it is read again from its JSON."""
    judgement = judgement_of(check, subject, arguments, findings=check(subject, *arguments))
    return Judgement.model_validate_json(judgement.model_dump_json())


@pytest.mark.parametrize(
    ("check", "subject", "arguments"),
    [
        (ledger.conserved, RUN, ()),
        (ledger.ledger_is, RUN, ({"valid": 1},)),
        (calls.in_flight_between, RUN, (2, 100)),
        (secrecy.none_leaked, [LEAK], ()),
        (quiet_end.unchanged, RUN, (RUN.outcome,)),
        (status.side_by_side, [RUN, RUN], ()),
        (slowness.more_parallel, RUN, (RUN,)),
    ],
)
def test_a_judgement_judged_again_finds_the_same(
    check: Check, subject: Any, arguments: tuple[Any, ...]
) -> None:
    judgement = recorded(check, subject, *arguments)
    assert tuple(judge_again(judgement, {RUN.execution_id: RUN})) == judgement.findings


def test_a_record_altered_by_hand_is_found() -> None:
    judgement = recorded(ledger.nothing_missing, RUN)
    outcome = RUN.outcome.model_copy(update={"stored": RUN.outcome.stored[1:]})
    lost = RUN.model_copy(update={"outcome": outcome})
    (finding,) = judge_again(judgement, {RUN.execution_id: lost})
    assert (finding.kind, finding.travelers) == ("row-missing", (1,))


def scenario_with(folder: Path) -> SimpleNamespace:
    return SimpleNamespace(
        session=SimpleNamespace(evidence=Evidence(folder, Figures()), pace=1.0),
        deviations=RecordedDeviations([]),
        not_judged=[],
        judgements=[],
    )


@check("test-broken")
def broken(record: ExecutionRecord) -> Sequence[Finding]:
    """A check that crashes."""
    raise ZeroDivisionError(record.execution_id)


@check("test-unfit")
def unfit(record: ExecutionRecord) -> Sequence[Finding]:
    """A check that does not fit."""
    raise NotJudgedError(f"no name in {record.execution_id}")


def test_every_way_to_end_is_noted(tmp_path: Path) -> None:
    context = scenario_with(tmp_path)
    judge(context, ledger.conserved, RUN)
    judge(context, unfit, RUN)
    with pytest.raises(AssertionError):
        judge(context, ledger.ledger_is, RUN, {"valid": 1})
    with pytest.raises(ZeroDivisionError):
        judge(context, broken, RUN)
    fine, not_fit, wrong, crashed = context.judgements
    assert (fine.findings, fine.not_judged, fine.error) == ((), "", "")
    assert not_fit.not_judged == "no name in 1000"
    assert {finding.kind for finding in wrong.findings} >= {"ledger-valid"}
    assert "1 valid" in wrong.promise
    assert "ZeroDivisionError" in crashed.error
    assert {each.about for each in context.judgements} == {("1000",)}


@pytest.mark.parametrize(
    ("pace", "error", "words"),
    [
        (1.0, AssertionError, "loses the first did not show row-missing"),
        (STARVED, StarvedError, "this machine is starved: work takes 4.0 times"),
    ],
)
def test_a_deviation_that_did_not_show(
    pace: float, error: type[Exception], words: str, tmp_path: Path
) -> None:
    context = scenario_with(tmp_path)
    context.deviations = RecordedDeviations([LOSES])
    record = RUN.model_copy(update={"pace": pace})
    context.executions = [SimpleNamespace(record=record)]
    judge(context, ledger.conserved, record)
    found = conclude(context, judged=True)
    assert isinstance(found, error)
    assert words in str(found)
    assert "loses the first did not show row-missing" in str(found)


def test_judgements_and_records_are_read_as_they_were_written(tmp_path: Path) -> None:
    judgements = {"features/a.feature:3": [recorded(ledger.conserved, RUN)]}
    write_judgements(judgements, tmp_path, [])
    assert read_judgements(tmp_path) == judgements
    evidence = Evidence(tmp_path, Figures())
    evidence.record(RUN)
    evidence.draw()
    assert store.read_executions(tmp_path) == {RUN.execution_id: RUN}
    assert read_judgements(tmp_path / "nowhere") == {}


def test_a_record_holds_no_password(tmp_path: Path) -> None:
    event = RUN.events[0].model_copy(update={"error": "no login with s3cret-word"})
    told = RUN.model_copy(update={"events": (event, *RUN.events[1:])})
    evidence = Evidence(tmp_path, Figures())
    evidence.secrets.add("s3cret-word")
    kept = evidence.record(told)
    assert kept.events[0].error == "no login with [redacted]"
    evidence.draw()
    assert store.read_executions(tmp_path)[RUN.execution_id] == kept
