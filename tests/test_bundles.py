"""What a maintainer gets for a tracker: one small file for each failure and each deviation."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import random
import zipfile
from pathlib import Path
from typing import Any

from noetl_acceptance.checks import calls, command_line, failure, ledger
from noetl_acceptance.evidence.bundle_cases import Case, cases_of
from noetl_acceptance.evidence.bundles import MOST_BYTES, MOST_EXECUTIONS, bundle
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.judgements import judgement_of
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.timeline import timeline
from noetl_acceptance.model.event_types import UNENDED
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.support.redaction import MARK
from noetl_acceptance.verdict.known_deviations import load_deviations
from tests.kept_run import DEVIATES, Kept
from tests.runs import PAIR, PARENT, healthy_run
from tests.test_checks import with_calls, with_stored
from tests.test_command_line_checks import call, given
from tests.test_recorded import recorded
from tests.test_rejudge import unnamed

FIGURES = Figures(noetl="2.8.9", sandbox="embedded", workers=5, options={"workers": "5"})


def opened(content: bytes) -> dict[str, str]:
    """Return the files of a bundle by their names below its only folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert len({name.partition("/")[0] for name in files}) == 1
    return {name.partition("/")[2]: text for name, text in files.items()}


def test_a_failure_leaves_what_one_needs_to_know_of_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "run")
    slow = {"pace": 3.62, "pace_source": "waiting of 9 services"}
    run = recorded("drops-one-row").model_copy(update=slow)
    kept.evidence.record(run)
    kept.scenario("The ledger", [(ledger.conserved, run)], rule="Nobody is lost", rows=("P1",))
    kept.scenario("The calls", [(calls.exactly_once, run)])
    folder = kept.write()
    (file,) = (folder / "bundles").iterdir()
    files = opened(file.read_bytes())
    place = f"executions/{run.execution_id}"
    readme = files["README.md"]
    assert file.name == "the-ledger.zip"
    assert readme.startswith("# A failure: The ledger\n")
    for words in (
        "- NoETL 2.8.9",
        "slow machine, pace 3.6 (measured by waiting of 9 services)",
        "- Nobody is lost",
        "- No traveler in range is missing, stored twice or added; invalid rows say why (P1).",
        f"execution {run.execution_id} (200 travelers, 4 batches of 50)",
        "row-missing: 1 missing from the target table (travelers 50)",
        "1 traveler missing (row-missing, answer-not-stored), batch 1: 50",
        f"all of it: {place}/difference.txt",
        ".venv/bin/behave features/a.feature:1 -D sandbox=embedded",
    ):
        assert words in readme
    request = json.loads(files[f"{place}/request.json"])
    assert request["payload"]["seed_rows"] == 200
    assert files["playbooks/traveler_batch_enrichment_in_step.yaml"] == run.pair.parent.text
    called = [json.loads(line) for line in files[f"{place}/calls.jsonl"].splitlines()]
    assert [call["traveler_id"] for call in called] == [50]
    told = [json.loads(line) for line in files[f"{place}/events.jsonl"].splitlines()]
    assert len({event["execution_id"] for event in told}) == 2  # the parent and batch 1
    assert "traveler 50" in files[f"{place}/difference.txt"]


def test_a_deviation_leaves_one_with_its_reason_and_reproduction(tmp_path: Path) -> None:
    kept, run = Kept(tmp_path / "run"), unnamed()
    kept.evidence.record(run)
    for _ in range(2):
        shown: dict[str, Any] = {"deviations": ("a missing credential is not named",)}
        kept.scenario(DEVIATES, [(failure.reason_names_credential, run)], **shown)
    (file,) = (kept.write() / "bundles").iterdir()
    files = opened(file.read_bytes())
    assert file.name == "a-missing-credential-is-not-named.zip"
    assert "# A recorded deviation: a missing credential is not named" in files["README.md"]
    assert "The worker asks the server for the credential" in files["README.md"]
    assert "no_such_credential" in files["reproduction/missing_credential.yaml"]


def test_a_command_is_told_with_what_it_printed_and_without_passwords(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "run")
    kept.evidence.secrets.add("s3cret-word")
    kept.scenario("It succeeds", [(command_line.succeeds, given(call(code=1, out="s3cret-word")))])
    folder = kept.write()
    (file,) = (folder / "bundles").iterdir()
    files = opened(file.read_bytes())
    (told,) = json.loads(files["commands.json"])
    assert (told["call"]["exit_code"], told["call"]["out"]) == (1, MARK)
    assert files["playbooks/worker.yaml"] == PAIR.worker.text
    assert b"s3cret" not in gzip.decompress((folder / "judgements.json.gz").read_bytes())


def test_a_green_run_leaves_none(tmp_path: Path) -> None:
    kept, run = Kept(tmp_path / "run"), healthy_run()
    kept.evidence.record(run)
    kept.scenario("The ledger", [(ledger.conserved, run)])
    assert not (kept.write() / "bundles").exists()


def result(name: str, line: int, **fields: Any) -> ScenarioResult:
    ended = {"verdict": "product", "reason": "after 60 s: no end", **fields}
    return ScenarioResult("a", name, f"features/a.feature:{line}", (), **ended)


def test_an_outline_is_one_case_and_other_verdicts_are_none() -> None:
    found = [
        result("Sizes -- @1.1", 1),
        result("Sizes -- @1.2", 2),
        result("Broke", 3, verdict="sandbox"),
        result("Fine", 4, verdict="passed"),
    ]
    (case,) = cases_of(found, {}, load_deviations())
    assert (case.name, len(case.results)) == ("Sizes", 2)


def test_a_failure_before_any_check_says_its_reason() -> None:
    files = opened(bundle(Case("Late", (result("Late", 1),), ()), FIGURES, []))
    assert set(files) == {"README.md"}
    assert "after 60 s: no end" in files["README.md"]


def test_a_probe_is_whole_in_it() -> None:
    probe = ProbeRecord(
        execution_id="5",
        target="x",
        asked=1,
        address="127.0.0.1:1",
        end="playbook.completed",
        error="",
        calls=healthy_run().outcome.calls[:1],
        attempts=(),
    )
    files = opened(bundle(Case("Wire", (result("Wire", 1),), ()), FIGURES, [probe]))
    assert ProbeRecord.model_validate_json(files["executions/5/probe.json"]) == probe


def full_scale() -> ExecutionRecord:
    """Return a run of the documents' own sizes in which all fails, in words that cannot shrink."""
    run = healthy_run(2000, 100, 20)
    text = "".join(random.Random(0).choices("0123456789abcdef", k=300_000))  # noqa: S311
    words = itertools.cycle(text[start : start + 3000] for start in range(0, len(text), 3000))
    events = (
        event.model_copy(update={"event_type": "call.error", "error": next(words)})
        if event.event_type == "call.done"
        else event
        for event in run.events
    )
    return run.model_copy(update={"events": tuple(events)})


def test_it_stays_small_at_full_scale() -> None:
    run = full_scale()
    lost = with_calls(with_stored(run, []), run.outcome.calls * 2)
    judged = [
        judgement_of(check, lost, (), findings=check(lost))
        for check in (ledger.conserved, calls.exactly_once)
    ]
    case = Case("Everything", (result("Everything", 1),), tuple(judged))
    content = bundle(case, FIGURES, [lost] * MOST_EXECUTIONS)
    assert len(content) <= MOST_BYTES
    files = opened(content)
    assert files[f"executions/{PARENT}/events.jsonl"].count("call.error") >= 40
    assert "2000 of 2000 calls" not in files["README.md"]
    assert "batch 20: 1901–2000" in files[f"executions/{PARENT}/difference.txt"]
    assert "playbooks/parent.yaml" in files
    assert files["playbooks/worker.yaml"] == PAIR.worker.text


def test_an_execution_that_did_not_end_is_in_it_with_the_pace() -> None:
    healthy = healthy_run()
    going_on = tuple(e for e in healthy.events if e.event_type != "playbook.completed")
    run = healthy.model_copy(update={"end": UNENDED, "events": going_on, "pace": 3.6})
    late = result("Late", 1, reason=f"after 60 s: {run.label}", executions=(PARENT,))
    files = opened(bundle(Case("Late", (late,), ()), FIGURES, [run]))
    assert "did not end" in files["README.md"]
    assert "pace 3.6" in files["README.md"]
    assert files[f"executions/{PARENT}/calls.jsonl"].count("\n") == 10
    assert "playbook.completed" not in files[f"executions/{PARENT}/events.jsonl"]
    assert timeline(run)
