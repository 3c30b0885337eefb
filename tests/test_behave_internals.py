"""What the suite relies on inside of behave, each held against the real one.

After an upgrade of behave, the test that fails has the name of the function to mend.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.configuration import Configuration
from behave.reporter.junit import JUnitReporter
from behave.reporter.summary import SummaryReporter
from behave.runner import ModelRunner

from noetl_acceptance.bdd import behave_internals as internals
from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import ROOT
from tests.tea_run import PASSED, Asked, Hook, named, run, statuses


def test_behave_is_the_release_that_the_adapter_is_written_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"behave=={version('behave')}" in project["dependencies"]


INSIDE = (
    r"\._runner\b|\.hooks\[|\.formatters\b|\.reporters\b|\.outputs\b|on_cleanup_error|show_duration|"
    r"fail_on_cleanup|\.hook_failed|\bset_status\(|\bclear_status\(|store_exception_context|"
    r"\.error_message = |\.exception = |run_items|TYPE_REGISTRY|FeatureLineDatabase|setup_parser"
)


def test_nothing_else_touches_the_inside_of_behave() -> None:
    files = [ROOT / "environment.py", *(ROOT / "steps").glob("*.py")]
    files += (ROOT / "noetl_acceptance").rglob("*.py")
    touching = {file.name for file in files if re.search(INSIDE, file.read_text(encoding="utf-8"))}
    assert touching == {"behave_internals.py"}


# The configuration


def test_configuration_of() -> None:
    assert internals.configuration_of(["--format=plain"]).format == ["plain"]
    with pytest.raises(UsageError, match=r"--format=nosuch cannot be used: .* - `--format=help`"):
        internals.configuration_of(["--format=nosuch"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], ""),
        (["--tags=@quick", "--no-junit"], ""),
        (["--format=json"], "--format=json"),
        (["-f", "plain"], "--format=plain"),
    ],
)
def test_watched(arguments: list[str], why: str) -> None:
    assert internals.watched(internals.configuration_of(arguments)) == why


def test_parsed_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    asked = internals.parsed_arguments(["a.feature", "--name=x"], "tea run")
    assert (asked.paths, asked.name, asked.junit_directory) == (["a.feature"], ["x"], None)
    with pytest.raises(UsageError, match=r"^unrecognized arguments: --nosuch - `behave --help` "):
        internals.parsed_arguments(["--nosuch"], "tea run")
    with pytest.raises(SystemExit) as ended:
        internals.parsed_arguments(["a.feature", "--help"], "tea run")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: tea run ")


def test_write_below(tmp_path: Path) -> None:
    config = Configuration(["--format=plain", "--outfile=told.txt"], load_config=False)
    internals.write_below(config, tmp_path)
    assert config.outputs[0].name == str(tmp_path / "told.txt")
    printing = Configuration(["--format=plain"], load_config=False)
    internals.write_below(printing, tmp_path)
    assert not any("told" in str(output.name) for output in printing.outputs)


def test_files_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert internals.files_written(internals.configuration_of(["--format=plain"])) == []
    given = ["--format=plain", "--outfile=told.txt", "--format=pretty", "--outfile=-"]
    assert internals.files_written(internals.configuration_of(given)) == ["told.txt"]
    (tmp_path / ".behaverc").write_text("[behave]\nformat = plain\noutfiles = kept.txt\n")
    (kept,) = internals.files_written(internals.configuration_of([]))
    assert Path(kept).name == "kept.txt"


def test_write_utf8(tmp_path: Path) -> None:
    file = tmp_path / "told.txt"
    config = Configuration(["--format=plain", f"--outfile={file}"], load_config=False)
    config.outputs[0].encoding = "ascii"
    internals.write_utf8(config)
    config.outputs[0].open().write("1–2")
    config.outputs[0].close()
    assert file.read_text(encoding="utf-8") == "1–2"


# The run


def test_runner_of() -> None:
    found: list[Any] = []
    ran = run({"before_all": lambda context: found.append(internals.runner_of(context))})
    assert found == [ran.runner]


def test_wrap_hooks() -> None:
    called: list[str] = []

    def wrap(name: str, hook: Hook) -> Hook:
        def wrapped(*about: Any) -> None:
            called.append(name)
            hook(*about)

        return wrapped

    hooks: dict[str, Hook] = {"after_rule": lambda _context, _rule: called.append("the hook")}
    run(hooks, before=lambda ran: internals.wrap_hooks(ran, ["after_rule", "before_all"], wrap))
    assert called == ["after_rule", "the hook"]


def test_ask_first() -> None:
    class First(Asked):
        def result(self, step: Any) -> None:
            order.append(f"first {step.name}")

    class Last(Asked):
        def result(self, step: Any) -> None:
            order.append(f"last {step.name}")

    def both(runner: ModelRunner) -> None:
        runner.formatters.append(Last(runner.config))
        internals.ask_first(runner, First(runner.config))

    order: list[str] = []
    run(before=both)
    assert order[:3] == ["first water", "last water", "first it is hot"]


def test_drop_junit() -> None:
    config = Configuration(["--junit", "--summary"], load_config=False)
    assert {type(each) for each in config.reporters} == {JUnitReporter, SummaryReporter}
    internals.drop_junit(config)
    assert {type(each) for each in config.reporters} == {SummaryReporter}


def test_take_reporters() -> None:
    told: list[str] = []

    reporter = SimpleNamespace(feature=lambda _: told.append("told"), end=lambda: None)

    def report(runner: ModelRunner) -> None:
        runner.config.reporters = [reporter]

    def take(runner: ModelRunner) -> None:
        report(runner)
        assert internals.take_reporters(runner.config) == [reporter]

    run(before=take)
    assert told == []
    run(before=report)
    assert told == ["told"]


def test_hide_durations(capsys: pytest.CaptureFixture[str]) -> None:
    def summarized(runner: ModelRunner) -> None:
        runner.config.reporters = [SummaryReporter(runner.config)]
        if hidden:
            internals.hide_durations(runner.config)

    for hidden in (False, True):
        run(before=summarized)
        told = capsys.readouterr().out
        assert "4 scenarios passed" in told
        assert ("Took " in told) is not hidden


def test_hear_cleanup_errors_and_fail_in_cleanup() -> None:
    def broken() -> None:
        raise OSError("the kettle is stuck")

    def hear(context: Any, cleanup: Any, error: Exception) -> None:
        heard.append((cleanup, str(error)))
        internals.fail_in_cleanup(context.scenario, error)

    def begin(context: Any, scenario: Any) -> None:
        if scenario.name == "plain":
            context.add_cleanup(broken)

    heard: list[Any] = []
    ran = run(
        {"before_scenario": begin},
        before=lambda runner: internals.hear_cleanup_errors(runner.context, hear),
    )
    assert heard == [(broken, "the kettle is stuck")]
    assert statuses(ran.feature) == {**PASSED, "plain": "hook_error"}
    scenario = named(ran.feature, "plain")
    assert isinstance(scenario.exception, OSError)
    assert scenario.error_message == "in a clean-up: OSError: the kettle is stuck"


def test_print_cleanup_error(capsys: pytest.CaptureFixture[str]) -> None:
    def stuck() -> None: ...

    run(
        {"before_all": lambda context: internals.print_cleanup_error(context, stuck, OSError("x"))},
        before=lambda runner: setattr(runner.config, "capture_hooks", False),
    )
    assert "CLEANUP-ERROR in stuck: OSError: x" in capsys.readouterr().out
