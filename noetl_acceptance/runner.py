"""Behave's runner with a sandbox around the features (``runner`` in pyproject.toml)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from behave.exception import InvalidFilenameError
from behave.model import ScenarioOutline
from behave.runner import Runner

from noetl_acceptance import interrupts
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.session import Session
from noetl_acceptance.settings import load_settings


class AcceptanceRunner(Runner):  # type: ignore[misc] # behave has no types
    """Checks the options and the selection, brings the sandbox up, and takes it down.

    A usage error is one line on stderr and exit code 1, before any feature is touched. A failed
    bring-up is told by each scenario, so that every report is red.
    """

    session: Session

    def __init__(self, config: Any) -> None:
        if os.environ.get("NO_COLOR"):
            config.color = "off"  # behave itself does not know the variable
        super().__init__(config)

    def run(self) -> bool:
        """Load the features and run them; return whether anything failed."""
        try:
            return bool(super().run())
        except FileNotFoundError as error:
            self._refuse(error.filename or error)
        except InvalidFilenameError as error:  # behave looks at the name before the file
            self._refuse(error)
        return True

    @staticmethod
    def _refuse(path: object) -> None:
        there = Path(str(path)).exists()
        cause = f"{path} is no .feature file" if there else f"there is no {path}"
        print(f"error: {cause} - give feature files, or folders of them", file=sys.stderr)

    def run_model(self, features: Sequence[Any] | None = None) -> bool:
        """Run the features; return whether anything failed."""
        try:
            settings = load_settings(self.config.userdata)
            if settings.shuffle is not None:
                shuffle(self.features, settings.shuffle)
            self._require_scenarios()
            if self.config.dry_run:
                return bool(super().run_model(features))
            interrupts.install()
            for reporter in self.config.reporters:
                reporter.show_duration = False  # it knows no rules and says 0; our last line has it
            self.session = Session(settings)
            return self._run_in_sandbox(features)
        except UsageError as error:
            print(f"error: {error}", file=sys.stderr)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"error: {error} - see the address or path in it", file=sys.stderr)
        except KeyboardInterrupt:
            print("interrupted: everything is taken down", file=sys.stderr)
        return True

    def _require_scenarios(self) -> None:
        scenarios = (each for feature in self.features for each in feature.walk_scenarios())
        if not any(scenario.should_run(self.config) for scenario in scenarios):
            raise UsageError("no scenario ran", "the tags, names or files given select none")

    def _run_in_sandbox(self, features: Sequence[Any] | None) -> bool:
        interrupted = failed = True
        try:
            self.session.open()
            failed = bool(super().run_model(features))
            interrupted = self.aborted
        finally:
            found = results.collect(self.features, self.session.evidence.noted)
            self.session.close(found, interrupted=interrupted)
        return failed or any(result.verdict in results.FAILED for result in found)


def shuffle(items: list[Any], seed: int) -> None:
    """Bring features, and all that is in them, into the order of a seed, in place.

    Each stands where the hash of the seed and its own place in the files puts it: a part of the
    features runs in the order that it has in the whole. Backgrounds stay with their scenarios.
    """
    items.sort(key=lambda item: hashlib.sha256(f"{seed} {item.location}".encode()).digest())
    for item in items:
        outline = isinstance(item, ScenarioOutline)
        shuffle(item.scenarios if outline else getattr(item, "run_items", []), seed)
