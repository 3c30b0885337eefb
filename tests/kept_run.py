"""The folder of a run as a test has left it, for judging it again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks import calls, ledger, quiet_end
from noetl_acceptance.cli.main import main
from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.results import Noted, ScenarioResult
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.known_deviations import (
    RecordedDeviations,
    load_deviations,
    releases_under_test,
)
from tests.reports import no_rows
from tests.test_recorded import recorded

Steps = list[tuple[Any, ...]]

DEVIATES = "The error in the event log names the unregistered credential"


class Kept:
    """A run's folder as a behave run leaves it."""

    def __init__(self, folder: Path, release: str = "2.8.9") -> None:
        folder.mkdir()
        self.folder = folder
        self.evidence = Evidence(folder, Figures(noetl=release, sandbox="embedded"))
        self.results: list[ScenarioResult] = []
        self.pace = 1.0

    def scenario(self, name: str, judged: Steps, **fields: Any) -> None:
        """Judge as a scenario does, up to the first failure, and note how it ended."""
        releases = releases_under_test(self.evidence.figures.noetl, "")
        deviations = RecordedDeviations.of(name, releases, load_deviations())
        context = SimpleNamespace(
            session=SimpleNamespace(evidence=self.evidence, pace=self.pace),
            deviations=deviations,
            not_judged=[],
            judgements=[],
        )
        verdict, reason = "deviates" if deviations.deviations else "passed", ""
        try:
            for check, subject, *arguments in judged:
                judge(context, check, subject, *arguments)
        except AssertionError as error:
            verdict, reason = "product", str(error)
        except (SandboxError, SuiteError) as error:
            verdict, reason = policy.of_error(error), str(error)
        if context.not_judged:
            verdict = "skipped"
        location = f"features/a.feature:{len(self.results) + 1}"
        noted = Noted(executions=tuple(e for j in context.judgements for e in j.about))
        self.evidence.note(SimpleNamespace(location=location), noted, context.judgements)
        ended = {"rows": (), "verdict": verdict, "reason": reason, **fields}
        self.results.append(ScenarioResult("a", name, location, **ended))

    def write(self) -> Path:
        self.evidence.write(self.results, no_rows)
        return self.folder


def healthy(folder: Path) -> Path:
    """Return the folder of a run that judged one real execution in two scenarios."""
    kept, run = Kept(folder / "run"), recorded("healthy")
    kept.evidence.record(run)
    ledgers: Steps = [(ledger.ledger_is, run, {"valid": 200}), (ledger.nothing_missing, run)]
    kept.scenario("The ledger", [*ledgers, (ledger.batch_numbers, run)])
    kept.scenario("The calls", [(calls.exactly_once, run), (quiet_end.unchanged, run, run.outcome)])
    return kept.write()


def alter(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the record of a run's only execution by hand."""
    (file,) = (folder / "executions").iterdir()
    record = json.loads(gzip.decompress(file.read_bytes()))
    change(record)
    file.write_bytes(gzip.compress(json.dumps(record).encode()))


def judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["judge", str(folder)])
    streams = capsys.readouterr()
    return code, streams.out + streams.err
