"""How a lane has ended: the run that it has left, and what it does not tell of itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from noetl_acceptance.errors import AcceptanceError, SandboxError, SuiteError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.verdict import exit_codes


def log_of(part: Path) -> Path:
    """Return the file with what a behave process prints.

    Args:
        part: the folder below which it makes that of its run.
    """
    return part.with_suffix(".log")


@dataclass(frozen=True)
class EndedLane:
    """A behave process that has ended.

    Args:
        part: the folder below which it has made that of its run.
        code: its exit code.
    """

    part: Path
    code: int

    @property
    def run(self) -> Path | None:
        """The folder of the run that it has made, if it came to its end."""
        return next((each.parent for each in self.part.glob(f"*/{results.RESULTS_FILE}")), None)

    @cached_property
    def found(self) -> Sequence[ScenarioResult]:
        """The results of that run; none where they cannot be read."""
        with suppress(UsageError):  # whoever merges the runs tells of it
            return results.read(self.run) if self.run is not None else ()
        return ()

    @property
    def interrupted(self) -> bool:
        """Whether a signal has asked for its end."""
        early = (-signal.SIGINT, -signal.SIGTERM)  # before it could listen to them
        return self.code in (exit_codes.CODES["interrupted"], *early)

    @property
    def refused(self) -> bool:
        """Whether it did not start, for what it was given cannot be used."""
        return self.code == exit_codes.CODES["usage"] and self.run is None

    @property
    def told(self) -> str:
        """What it has printed."""
        return f"--- {self.part.name}\n{log_of(self.part).read_text(errors='replace').rstrip()}"

    def refusal(self) -> UsageError:
        """Return why it did not start, in its own words."""
        lines = self.told.splitlines()
        told = (line.removeprefix("error: ") for line in lines if line.startswith("error: "))
        return UsageError(next(told, "the lanes did not start"), f"see {log_of(self.part)}")

    def amiss(self, pair: str) -> Iterator[ScenarioResult]:
        """Yield what is to be told of it beyond its results.

        Args:
            pair: the digest of the one that it was to judge.
        """
        name = self.part.name
        said = exit_codes.exit_code(each.verdict for each in self.found)
        if self.run is None or said != self.code:
            yield results.of_the_run(name, self._why_it_ended())
        if self.run is not None:
            with suppress(UsageError):  # whoever merges the runs tells of it
                judged = read_figures(self.run).pair
                if judged not in ("", pair):
                    told = f"{name}: the playbooks have changed since the run began"
                    changed = UsageError(told, "leave them as they are while it goes on")
                    yield results.of_the_run(name, changed)

    def _why_it_ended(self) -> BaseException:
        if self.interrupted:
            return KeyboardInterrupt()
        if self.refused:
            return self.refusal()
        how = f"signal {-self.code}" if self.code < 0 else f"exit code {self.code}"
        left = "left no results" if self.run is None else "left results that do not say why"
        cause = f"{self.part.name}: the lane ended by {how} and {left}"
        ours = self.code == exit_codes.CODES["suite"]
        kind: type[AcceptanceError] = SuiteError if ours else SandboxError
        return kind(cause, f"see {log_of(self.part)}")
