"""Which scenarios an earlier run leaves to be run again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import FIGURES_FILE, read_figures
from noetl_acceptance.evidence.rerun import defines, options_again
from noetl_acceptance.evidence.results import RESULTS_FILE, THE_RUN, Key, ScenarioResult
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.evidence.run_verdict import why_of
from noetl_acceptance.options import OPTIONS, PLACEMENT
from noetl_acceptance.verdict import exit_codes

REMEDY = "a run's folder follows --last-failed; name features before it"


@dataclass(frozen=True, slots=True)
class NotPassed:
    """The scenarios of a run that failed, were not judged or were not run.

    Args:
        run: the run's folder.
        keys: of these scenarios.
        options: of the run, by key, as text.
        outside: what went wrong outside of every scenario.
    """

    run: Path
    keys: frozenset[Key]
    options: Mapping[str, str] = field(default_factory=dict)
    outside: Sequence[ScenarioResult] = ()

    @property
    def nothing_to_run(self) -> str:
        """What is told where there is no such scenario."""
        why = "; ".join(f"{each.scenario}: {why_of(each)}" for each in self.outside)
        told = f"no scenario of {self.run} failed, but the run did: {why}"
        return f"nothing to run again: {told if why else f'every scenario of {self.run} passed'}"

    @property
    def code(self) -> int:
        """The exit code where there is no such scenario: that of the run."""
        return exit_codes.exit_code(each.verdict for each in self.outside)

    def options_taken(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the options of that run that hold for this one as well.

        Args:
            given: the options that the user has given now, by key, as text; they win.
        """
        taken = {key: text for key, text in self.options.items() if key not in given}
        if given.get("sandbox", "attach") != "attach":
            taken.pop("attach", None)
        if "noetl" in given:  # the workers' image was that of another one
            taken.pop("noetl_worker", None)
        return taken

    def options_in_words(self, given: Mapping[str, str]) -> Iterator[str]:
        """Yield which options are taken from that run, and which differ from it, in a line each.

        Args:
            given: as that of ``options_taken``.
        """
        if taken := self.options_taken(given):
            yield f"as in {self.run}: {shlex.join(defines(taken))}"
        others = []
        for option in OPTIONS:
            if option.key not in given or option.key in PLACEMENT:
                continue
            there = self.options.get(option.key, str(option.parse(option.default)))
            if str(option.parse(given[option.key])) != there:
                here = shlex.join(defines({option.key: given[option.key]}))
                others.append(f"{here} (there {self.options.get(option.key, option.default)})")
        if others:
            yield f"other than in {self.run}: {', '.join(others)}"


def not_passed(run: Path) -> NotPassed:
    """Read which scenarios of a run are to be run again.

    A scenario that deviates as recorded has passed.

    Args:
        run: its folder.

    Raises:
        UsageError: it is not a folder of a run, or its results cannot be read.
    """
    require_run(run, RESULTS_FILE, remedy=REMEDY)
    told = (run / FIGURES_FILE).is_file()
    left = [each for each in results.read(run) if each.verdict not in ("passed", "deviates")]
    return NotPassed(
        run,
        frozenset(each.key for each in left if each.feature != THE_RUN),
        options_again(read_figures(run)) if told else {},
        [each for each in left if each.feature == THE_RUN],
    )


def last_run(runs: Path, sandbox: str = "") -> Path | None:
    """Return the folder of the run that ended last; None where there is none.

    The runs that ``acceptance`` has merged count, and the lanes that they consist of do not.

    Args:
        runs: the folder that holds the runs' folders.
        sandbox: only a run on this kind counts; empty for any.

    Raises:
        UsageError: the figures of a run cannot be read.
    """
    ended = [*runs.glob(f"*/{RESULTS_FILE}"), *runs.glob(f"acceptance-*/*/{RESULTS_FILE}")]
    newest_first = sorted(ended, key=lambda file: file.stat().st_mtime_ns, reverse=True)
    folders = (file.parent for file in newest_first)
    return next((each for each in folders if sandbox in ("", sandbox_of(each))), None)


def sandbox_of(run: Path) -> str:
    """Return the kind of sandbox that a run was to be on, or was on where it could choose.

    Empty where it could choose, and none came up.
    """
    if not (run / FIGURES_FILE).is_file():
        return ""
    figures = read_figures(run)
    return figures.options.get("sandbox", figures.sandbox)


def no_run(runs: Path, sandbox: str = "") -> UsageError:
    """Return the error for where ``last_run`` finds none; the arguments are the same."""
    which = f" on {sandbox}" if sandbox else ""
    return UsageError(f"no run{which} has ended in {runs}", "run the features first")
