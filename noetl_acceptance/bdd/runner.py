"""Behave's runner with a sandbox around the features (``runner`` in pyproject.toml)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from behave.exception import ConfigError, InvalidFilenameError
from behave.parser import ParserError
from behave.runner import Runner

from noetl_acceptance.bdd import (
    behave_internals,
    scenario_results,
    selection,
    shard_selection,
    side_by_side,
)
from noetl_acceptance.bdd.session import Session
from noetl_acceptance.bdd.step_errors import StepErrors, message_of
from noetl_acceptance.errors import AcceptanceError, SandboxError, SuiteError, UsageError
from noetl_acceptance.evidence import junit, results
from noetl_acceptance.evidence.writable_places import require_places, require_writable
from noetl_acceptance.execution.pair_under_test import pair_under_test
from noetl_acceptance.model.wording import counted
from noetl_acceptance.options import load_settings
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.support import signals
from noetl_acceptance.support.streams import end_with_reader, spell_out
from noetl_acceptance.verdict import exit_codes

HOOKS = ("before_all", "after_all", "before_feature", "after_feature", "before_rule", "after_rule")
"""The hooks whose error no scenario tells."""


class AcceptanceRunner(Runner):  # type: ignore[misc] # behave has no types
    """Checks the options and the selection, brings the sandbox up, and takes it down.

    A usage error is one line on stderr and exit code 1, before any feature is touched. A failed
    bring-up is told by each scenario, so that every report is red; what goes wrong outside of the
    scenarios is a result of its own. In the end ``config.exit_code`` is the run's code
    (``exit_codes.MEANINGS``), of which behave itself makes 0 or 1.
    """

    session: Session

    def __init__(self, config: Any) -> None:
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            config.color = "off"  # behave itself knows neither
        spell_out()
        behave_internals.write_utf8(config)
        super().__init__(config)
        self._outside: list[results.ScenarioResult] = []

    def run(self) -> bool:
        """Load the features and run them; return whether anything failed."""
        try:
            return bool(super().run())
        except UsageError as error:
            refused = error
        except ConfigError as error:
            remedy = "give one of the suite's own features: they stand beside its steps"
            refused = UsageError(str(error), remedy)
        except ParserError as error:
            refused = UsageError(" ".join(str(error).split()), "fix the file")
        except OSError as error:
            if error.filename is None:  # what was open already: a full disk, as a rule
                self._note("the run", error)
                return self._end(self._outside)
            told = f"{error.filename} cannot be used: {error.strerror}"
            refused = UsageError(told, "see --outfile, if that is where it stands")
        except Exception as error:
            self._end([results.of_the_run("the start", error)])
            raise  # behave tells it
        return self.refuse(refused)

    def feature_locations(self) -> list[Any]:
        """Return where the features are that were asked for.

        Raises:
            UsageError: there is none at a path, or it cannot be read.
        """
        try:
            locations = list(super().feature_locations())
        except (FileNotFoundError, InvalidFilenameError) as error:
            raise selection.no_feature(error) from None
        selection.require_features(self.config.paths, locations)
        return locations

    def load_hooks(self, filename: str | None = None) -> None:
        """Load the hooks, and note what goes wrong in those that belong to no scenario."""
        super().load_hooks(filename)
        behave_internals.wrap_hooks(self, HOOKS, self._noted)

    def run_model(self, features: Sequence[Any] | None = None) -> bool:
        """Run the features; return whether anything failed."""
        try:
            settings = load_settings(self.config.userdata)
            if settings.seed is not None:
                shuffle(self.features, settings.seed)
            for line in selection.taken_otherwise(self.features, self.feature_locations()):
                print(line, file=sys.stderr)
            selection.require_scenarios(self.features, self.config)
            if earlier := getattr(self.config, "not_passed", None):  # bdd/entry.py sets it
                print(selection.keep_not_passed(self.features, self.config, earlier))
            whole: list[Selected] = []
            if settings.shard is not None:
                whole = shard_selection.selected(self.features, self.config)
                print(shard_selection.keep_shard(self.features, whole, settings.shard, settings))
            if self.config.dry_run:
                return self._dry_run(features)
            require_places(settings)
            if self.config.junit:
                folder = Path(self.config.junit_directory).absolute()
                require_writable(folder, "see --junit-directory")
            signals.install()
            if settings.lanes != 1:
                pair_under_test(settings)  # what is wrong with it is told once, not by each lane
                scenarios = shard_selection.selected(self.features, self.config)
                if (lanes := side_by_side.lane_count(self.config, settings, scenarios)) > 1:
                    return self._end(
                        *side_by_side.run_side_by_side(
                            self.config, self.features, settings, scenarios, lanes
                        )
                    )
            self.session = Session(settings)
            self.session.figures.selected = [each.location for each in whole]
        except (UsageError, SandboxError) as error:
            return self.refuse(error)
        behave_internals.drop_junit(self.config)  # evidence/junit.py writes the reports
        behave_internals.hide_durations(self.config)  # the run's last line has it
        behave_internals.ask_first(self, StepErrors(self.config))
        behave_internals.hear_cleanup_errors(self.context, self._note_cleanup)
        return self._run_in_sandbox(features)

    def _dry_run(self, features: Sequence[Any] | None) -> bool:
        """Run without steps; behave's own summary counts rules as failed where nothing ran."""
        behave_internals.drop_junit(self.config)
        summaries = behave_internals.take_reporters(self.config)
        failed = bool(super().run_model(features))
        self.config.exit_code = exit_codes.CODES["suite"] if failed else 0
        if summaries:
            print(self._dry_run_line())
        return failed

    def _dry_run_line(self) -> str:
        scenarios = [each for feature in self.features for each in feature.walk_scenarios()]
        selected = [each for each in scenarios if each.should_run(self.config)]
        steps = sum(len(list(scenario.all_steps)) for scenario in selected)
        undefined = len(self.undefined_steps)
        told = f"dry run: {counted(len(selected), 'scenario')} with {counted(steps, 'step')}"
        return f"{told}, {undefined} of them undefined" if undefined else f"{told}, nothing was run"

    def refuse(self, error: UsageError | SandboxError) -> bool:
        """Tell why nothing runs, also in the reports; return that the run has failed."""
        print(f"error: {error}", file=sys.stderr)
        return self._end([results.of_the_run("the start", error)])

    def _run_in_sandbox(self, features: Sequence[Any] | None) -> bool:
        failed = False
        end_with_reader()  # who has seen enough of a run ends it; all else outlives its reader
        with self._noting("the run"):
            if self.features:  # a shard may hold none
                self.session.open()
                failed = bool(super().run_model(features))
        with suppress(KeyboardInterrupt), signals.shielded():  # whatever comes, the rest is told
            interrupted = signals.received() or any(
                each.verdict == results.INTERRUPTED for each in self._outside
            )
            with self._noting("the take-down"):
                ended = scenario_results.collect(self.features, {})
                self.session.close(failed=any(each.verdict in exit_codes.FAILED for each in ended))
            found = scenario_results.collect(
                self.features,
                self.session.evidence.noted,
                selected=lambda scenario: bool(scenario.should_run(self.config)),
                not_run=results.INTERRUPTED if interrupted else results.NOT_RUN[0],
            )
            interrupted = interrupted or signals.received()
            found = self.session.tell([*found, *self._of_the_run(found, interrupted, failed)])
        return self._end(found, self.session.folder.path)

    def _of_the_run(
        self, found: Sequence[results.ScenarioResult], interrupted: bool, failed: bool
    ) -> list[results.ScenarioResult]:
        """Return what no scenario tells: what was noted on the way, and what is seen in the end.

        Args:
            found: the results of the scenarios.
            interrupted: a signal has ended the run.
            failed: what behave says of the run.
        """
        told = list(self._outside)
        if interrupted and not any(each.verdict == results.INTERRUPTED for each in told):
            told.append(results.of_the_run("the run", KeyboardInterrupt()))
        broken = self.session.broken
        if broken is not None and not any(each.verdict in exit_codes.FAILED for each in found):
            told.append(results.of_the_run("the bring-up", broken))
        if failed and self._code([*found, *told]) in exit_codes.GREEN:
            unknown = SuiteError("behave counts the run as failed, and no result says why")
            told.append(results.of_the_run("the run", unknown))
        return told

    def _end(self, found: Sequence[results.ScenarioResult], folder: Path | None = None) -> bool:
        """Write the reports and note the exit code; return whether anything failed."""
        if self.config.junit:
            try:
                junit.write(found, Path(self.config.junit_directory), folder)
            except OSError as error:
                told = f"{error.filename} cannot be written: {error.strerror}"
                failure = UsageError(told, "see --junit-directory")
                if str(failure) not in [each.reason for each in found]:
                    print(f"error: {failure}", file=sys.stderr)
                    found = [*found, results.of_the_run("the reports", failure)]
        self.config.exit_code = self._code(found)
        return self.config.exit_code not in exit_codes.GREEN

    @staticmethod
    def _code(found: Sequence[results.ScenarioResult]) -> int:
        return exit_codes.exit_code(each.verdict for each in found)

    @contextmanager
    def _noting(self, place: str) -> Iterator[None]:
        """Turn an error inside into a result of the run, and go on."""
        try:
            yield
        except KeyboardInterrupt as error:
            self._outside.append(results.of_the_run(place, error))
            if isinstance(error.__cause__, Exception):  # what a shield has held it off from
                self._note(place, error.__cause__)
        except BrokenPipeError:  # who reads the output has seen enough: as by Ctrl-C
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._outside.append(results.of_the_run(place, KeyboardInterrupt()))
        except Exception as error:  # noqa: BLE001 - every report shows it
            self._note(place, error)

    def _note(self, place: str, error: Exception) -> None:
        """Make an error a result of the run, and tell it."""
        if isinstance(error, OSError | subprocess.TimeoutExpired):
            error = SandboxError(str(error), "see the address or path in it")
        self._outside.append(results.of_the_run(place, error))
        if isinstance(error, AcceptanceError):
            print(f"error: {error}", file=sys.stderr)
        else:
            traceback.print_exception(error)

    def _noted(self, name: str, hook: Callable[..., None]) -> Callable[..., None]:
        def noted(context: Any, *about: Any) -> None:
            try:
                hook(context, *about)
            except Exception as error:
                place = " ".join([name, *(str(each.location) for each in about)])
                self._outside.append(results.of_the_run(place, error))
                raise  # behave tells it

        return noted

    def _note_cleanup(self, context: Any, function: Any, error: Exception) -> None:
        """Keep why a clean-up failed: with its scenario, or for the run."""
        if message := message_of(error):
            print(f"in a clean-up: {message}")
        else:
            behave_internals.print_cleanup_error(context, function, error)
        scenario = getattr(context, "scenario", None)
        if scenario is None:
            self._outside.append(results.of_the_run("a clean-up", error))
            return
        behave_internals.fail_in_cleanup(scenario, error)


def shuffle(items: list[Any], seed: int) -> None:
    """Bring features, and all that is in them, into the order of a seed, in place.

    Each stands where the hash of the seed and its own place in the files puts it: a part of the
    features runs in the order that it has in the whole. Backgrounds stay with their scenarios.
    """

    def place(item: Any) -> bytes:
        return hashlib.sha256(f"{seed} {item.location}".encode()).digest()

    behave_internals.sort_items(items, place)
