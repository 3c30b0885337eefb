"""The page of a run, as text; tests/browser opens it."""

from __future__ import annotations

import errno
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from behave.tag_expression import make_tag_expression

from noetl_acceptance.cli.main import main
from noetl_acceptance.conformance.scenarios import default_tags
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import report, results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.report import write_report
from noetl_acceptance.evidence.rerun import LEFT_OUT, command_again
from noetl_acceptance.model.record import Answer
from noetl_acceptance.model.services import LogError
from tests.reports import judge_all, make_folder, no_rows
from tests.runs import healthy_run
from tests.test_recorded import recorded

EVIL = "<script>alert('x')</script>"


class Seen(HTMLParser):
    """What a browser would make of a page: its elements, addresses and identifiers."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "action", "poster", "data", "xlink:href"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")


def test_every_address_is_in_the_page_or_in_the_runs_folder(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run", [recorded("healthy"), recorded("drops-one-row")])
    seen = Seen(write_report(folder))
    assert len(seen.ids) == len(set(seen.ids))
    for address in seen.addresses:
        if address.startswith("#"):
            assert address[1:] in seen.ids, address
        elif not address.startswith("data:"):
            assert (folder / address).is_file(), address
    text = (folder / report.FILE).read_text()
    assert "url(" not in text
    assert "@import" not in text
    assert "{{" not in text


def test_what_failed_names_the_travelers(tmp_path: Path) -> None:
    page = write_report(make_folder(tmp_path / "run", [recorded("drops-one-row")])).read_text()
    assert re.search(r"row-missing: 1 missing from the target table \(travelers 50\)", page)
    assert "1 traveler missing (row-missing, answer-not-stored), batch 1: 50" in page


def test_a_text_of_any_content_stays_text(tmp_path: Path) -> None:
    run = healthy_run()
    stored = tuple(row.model_copy(update={"name": EVIL}) for row in run.outcome.stored)
    calls = tuple(call.model_copy(update={"traveler_name": EVIL}) for call in run.outcome.calls)
    events = tuple(
        event.model_copy(update={"error": EVIL, "event_type": "call.error"})
        for event in run.events[-2:]
    )
    outcome = run.outcome.model_copy(update={"stored": stored, "calls": calls[1:]})
    run = run.model_copy(
        update={
            "outcome": outcome,
            "events": (*run.events[:-2], *events),
            "log_errors": (LogError(at=101.0, service=EVIL, traceback=True, text=f"a\n{EVIL}"),),
            "answers": (
                Answer(name=EVIL, sql=EVIL, rows=({EVIL: EVIL},)),
                Answer(name="refused", sql=EVIL, rows=None, error=EVIL),
            ),
        }
    )
    found, _ = judge_all([run])
    told = [
        results.ScenarioResult(
            feature=EVIL, scenario=EVIL, location=f"{EVIL}:1", rows=(EVIL,), verdict="product",
            reason=EVIL, rule=EVIL, steps=(results.StepResult(EVIL, "failed", 0.1, EVIL + "!"),),
            executions=(EVIL,),
        ),
        *found,
    ]  # fmt: skip
    folder = make_folder(tmp_path / "run", [run], told, options={"noetl": EVIL}, origin=EVIL)
    page = write_report(folder)
    assert Seen(page).tags.count("script") == 1
    assert EVIL not in page.read_text()
    assert page.read_text().count("&lt;script&gt;") > 10


def test_no_secret_stands_in_the_page(tmp_path: Path) -> None:
    found, _ = judge_all([healthy_run()])
    told = results.ScenarioResult(**{**vars(found[0]), "reason": "no login with s3c&ret"})
    folder = make_folder(tmp_path / "run", [healthy_run()], [told])
    assert "s3c&amp;ret" in write_report(folder).read_text()
    page = write_report(folder, ["s3c&ret"]).read_text()
    assert "no login with [redacted]" in page
    assert "ret" not in page.partition("no login with")[2].partition("<")[0]


def test_an_attempt_beside_other_lanes_is_told(tmp_path: Path) -> None:
    found, _ = judge_all([healthy_run()])
    told = results.ScenarioResult(**{**vars(found[0]), "earlier": "after 90 s: no end <yet>"})
    folder = make_folder(tmp_path / "run", [healthy_run()], [told, *found[1:]])
    page = write_report(folder).read_text()
    assert page.count("At first, beside other lanes, it had failed") == 1
    assert "after 90 s: no end &lt;yet&gt;" in page


def test_each_verdict_has_a_section_of_its_own(tmp_path: Path) -> None:
    (result, *_), _ = judge_all([healthy_run()])
    found = [
        results.ScenarioResult(**{**vars(result), "verdict": verdict, "location": f"f:{number}"})
        for number, verdict in enumerate(report.VERDICTS)
    ]
    seen = Seen(write_report(make_folder(tmp_path / "run", [healthy_run()], found)))
    assert set(report.VERDICTS) <= set(seen.ids)


@pytest.mark.parametrize(
    ("verdict", "one", "two"),
    [
        ("product", "product failure", "product failures"),
        ("deviates", "recorded deviation", "recorded deviations"),
        ("passed", "passed", "passed"),
    ],
)
def test_what_is_counted_is_in_the_singular_or_in_the_plural(
    verdict: str, one: str, two: str, tmp_path: Path
) -> None:
    each = results.ScenarioResult("F", "S", "features/f.feature:3", (), verdict)
    other = results.ScenarioResult("F", "T", "features/f.feature:9", (), verdict)
    single = write_report(make_folder(tmp_path / "1", [healthy_run()], [each])).read_text()
    assert f"<b>1</b> {one}</a>" in single
    assert "<b>1</b> execution</a>" in single
    double = write_report(make_folder(tmp_path / "2", [], [each, other])).read_text()
    assert f"<b>2</b> {two}</a>" in double


def test_a_run_that_left_nothing_has_a_page_too(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "run", [], sandbox="", noetl="", workers=0)
    page = write_report(folder).read_text()
    assert "no scenario ran" in page
    assert "did not come up" in page


def test_the_command_runs_the_scenario_again_as_it_was_run() -> None:
    (result, *_), _ = judge_all([healthy_run()])
    figures = Figures(sandbox="compose", options={"noetl": "../a wheel.whl", "runs": "/elsewhere"})
    assert command_again(result, figures) == (
        ".venv/bin/behave features/example.feature:10 -D sandbox=compose -D 'noetl=../a wheel.whl'"
    )


@pytest.mark.parametrize("tags", [("scale",), ("wip",), ("scale", "wip"), ("C01", "quick")])
def test_the_command_selects_the_scenario_whatever_its_tags(tags: tuple[str, ...]) -> None:
    where = "features/f.feature:3"
    result = results.ScenarioResult("F", "S", where, (), "product", tags=tags)
    words = command_again(result, Figures()).split()
    given = [word.removeprefix("--tags=") for word in words if word.startswith("--tags=")]
    assert make_tag_expression(given or default_tags()).check(tags)
    assert sorted(default_tags()) == [f"not @{tag}" for tag in LEFT_OUT]


def test_a_recorded_run_gets_its_page_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_folder(tmp_path / "run", [healthy_run()])
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out.strip() == str(folder / report.FILE)
    first = (folder / report.FILE).read_text()
    assert main(["report", str(folder)]) == 0
    assert (folder / report.FILE).read_text() == first
    with pytest.raises(UsageError):
        write_report(tmp_path)


def test_a_page_that_cannot_be_made_is_the_suites_fault_and_hides_nothing(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, Figures())
    (tmp_path / "executions").mkdir()
    (tmp_path / "executions" / "1.json.gz").write_bytes(b"no record")
    found, _ = judge_all([healthy_run()])
    *told, broken = evidence.write(found, no_rows)
    assert not (tmp_path / report.FILE).exists()
    assert told == found
    assert (broken.verdict, broken.scenario) == ("suite", "the report")
    assert broken.reason.startswith("no report could be made: UsageError")
    assert results.read(tmp_path) == [*found, broken]


def test_bundles_that_cannot_be_made_are_the_suites_fault_and_hide_nothing(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, Figures())
    lost = results.ScenarioResult(
        "F", "S", "features/f.feature:1", (), "product", executions=("404",)
    )
    told, broken = evidence.write([lost], no_rows)
    assert told == lost
    assert (broken.verdict, broken.scenario) == ("suite", "the bundles")
    assert broken.reason.startswith("no bundles could be made: UsageError")
    assert "no bundles could be made" in (tmp_path / report.FILE).read_text()


def test_a_full_disk_is_the_sandboxs_and_hides_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    evidence = Evidence(tmp_path, Figures())
    results.write([], tmp_path)
    found, _ = judge_all([healthy_run()])
    monkeypatch.setattr(Path, "write_text", full)
    *told, broken = evidence.write(found, no_rows)
    assert told == found
    assert (broken.verdict, broken.scenario) == ("sandbox", "the evidence")
    assert f"cannot be written to {tmp_path}: No space left on device" in broken.reason
    assert results.read(tmp_path) == []
    assert [each.name for each in tmp_path.glob("results*")] == [results.RESULTS_FILE]


def test_the_pages_time_counts_as_evidence(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path, Figures())
    evidence.record(healthy_run())
    before = evidence.figures.evidence
    evidence.write(judge_all([healthy_run()])[0], no_rows)
    assert (tmp_path / report.FILE).exists()
    assert evidence.figures.evidence > before
