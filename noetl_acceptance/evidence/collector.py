"""What a run keeps of itself in its folder, and the time that this takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from noetl_acceptance.errors import SandboxError, SuiteError
from noetl_acceptance.evidence import results, store
from noetl_acceptance.evidence.bundle_cases import cases_of
from noetl_acceptance.evidence.bundles import write_bundles
from noetl_acceptance.evidence.command_lines import write_command_lines
from noetl_acceptance.evidence.ended import append_ended
from noetl_acceptance.evidence.figures import Figures, peak_memory, write_figures
from noetl_acceptance.evidence.judgements import (
    Judgement,
    read_judgements,
    write_judgements,
)
from noetl_acceptance.evidence.ledger_difference import ledger_difference, lines, write_difference
from noetl_acceptance.evidence.run_summary import write_run_summary
from noetl_acceptance.evidence.timeline import timeline, write_timeline
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.support.redaction import holds, redacted_data
from noetl_acceptance.verdict.known_deviations import load_deviations

_PLACES = {ExecutionRecord: store.EXECUTIONS, ProbeRecord: store.PROBES}

AnyRecord = TypeVar("AnyRecord", ExecutionRecord, ProbeRecord)

RowsInWords = Callable[[Sequence[results.ScenarioResult]], Mapping[str, str]]
"""Returns the rows of the contract, by what the results of a run say of them."""


class Evidence:
    """Collects what scenarios judge, and writes it; ``figures.evidence`` counts the seconds.

    ``secrets`` are the passwords of the run's sandboxes, which it writes nowhere. ``judgements``
    are what was judged, by the scenario's location.

    Args:
        folder: of the run.
        figures: of the run.
        places: the words for further places of machines, by their paths.
    """

    def __init__(
        self, folder: Path, figures: Figures, places: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.figures = figures
        self._places = places or {}
        self.noted: dict[str, results.Noted] = {}
        self.secrets: set[str] = set()
        self.judgements: dict[str, list[Judgement]] = {}
        self._unwritten: list[ExecutionRecord | ProbeRecord] = []

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the time of what is inside as spent on evidence."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.figures.evidence += time.monotonic() - began

    def record(self, record: AnyRecord) -> AnyRecord:
        """Have an execution's record written; return it as it is written, without secrets.

        What is written of it waits for ``draw``: a scenario waits for its verdict meanwhile.

        Args:
            record: as it was recorded.
        """
        with self.timed():
            if holds("\n".join(store.texts_in(record)), self.secrets):
                cleaned = redacted_data(record.model_dump(mode="json"), self.secrets)
                record = type(record).model_validate_json(json.dumps(cleaned))
            self._unwritten.append(record)
        return record

    def draw(self) -> None:
        """Write the records since the last time, and what is drawn from them: timelines."""
        with self.timed():
            while self._unwritten:
                record = self._unwritten.pop()
                store.write_record(record, self.folder / _PLACES[type(record)])
                if isinstance(record, ExecutionRecord):
                    write_timeline(timeline(record), record.execution_id, self.folder)
                    write_command_lines(record, self.folder)

    def tell_difference(self, record: ExecutionRecord) -> list[str]:
        """Write which of an execution's travelers are not as they must be.

        Returns:
            It in a few lines; none where all are.
        """
        with self.timed():
            difference = ledger_difference(record)
            if not difference.differing:
                return []
            file = write_difference(difference, self.folder)
            return [*lines(difference), f"all of it: {file.relative_to(self.folder)}"]

    def note(self, scenario: Any, noted: results.Noted, judgements: list[Judgement]) -> None:
        """Keep what a scenario has judged and shown.

        Args:
            scenario: behave's.
            noted: about it.
            judgements: what it has held against which check.
        """
        self.noted[str(scenario.location)] = noted
        self.judgements[str(scenario.location)] = judgements

    def ended(self, result: results.ScenarioResult) -> None:
        """Note for those who watch the folder that a scenario has ended."""
        append_ended(result, self.folder, self.secrets)

    def write(
        self, found: Sequence[results.ScenarioResult], rows: RowsInWords
    ) -> list[results.ScenarioResult]:
        """Write what is there at the end of the run: results, judgements, bundles, page and more.

        Args:
            found: the results.
            rows: for the run summary.

        Returns:
            The results; bundles, a page or a run summary that could not be made are one more each,
            the suite's own failure. So is a folder that cannot be written, the sandbox's.
        """
        told = list(found)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_all(told, rows)
        except OSError as error:
            cause = SandboxError(
                f"the evidence cannot be written to {self.folder}: {error.strerror}",
                "make room on its disk, or give another folder: -D runs=FOLDER",
            )
            told.append(results.of_the_run("the evidence", cause))
            with suppress(OSError):
                results.write(told, self.folder)
        return told

    def _write_all(self, told: list[results.ScenarioResult], rows: RowsInWords) -> None:
        self.draw()
        with self.timed():
            results.write(told, self.folder)
            write_judgements(self.judgements, self.folder, self.secrets)
        write_figures(self.figures, self.folder)
        report_again = f"`noetl-acceptance report {self.folder}` shows where"
        for what, make, remedy in (
            ("bundles", self._write_bundles, "what they are made of is in the run's folder"),
            ("report", self._write_report, report_again),
            ("run summary", partial(self._write_summary, rows), "the report shows the same"),
        ):
            try:
                with self.timed():
                    make(told)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001 - the verdict is still to be told
                cause = SuiteError(f"no {what} could be made: {error!r}", remedy)
                told.append(results.of_the_run(f"the {what}", cause))
                results.write(told, self.folder)
        self.figures.memory = max(self.figures.memory, peak_memory())
        self.figures.size = sum(file.stat().st_size for file in store.files_of(self.folder))
        write_figures(self.figures, self.folder)  # with what the page took

    def _write_bundles(self, told: Sequence[results.ScenarioResult]) -> None:
        cases = cases_of(told, read_judgements(self.folder), load_deviations())
        write_bundles(cases, self.figures, self.folder, self._places)

    def _write_report(self, _told: Sequence[results.ScenarioResult]) -> None:
        from noetl_acceptance.evidence.report import write_report  # noqa: PLC0415 - slow import

        write_report(self.folder, self.secrets)

    def _write_summary(self, rows: RowsInWords, told: Sequence[results.ScenarioResult]) -> None:
        write_run_summary(told, self.figures, rows(told), self.folder)
