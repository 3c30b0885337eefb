"""What a user reads of a step that failed: the message, and a traceback only of our own faults."""

from __future__ import annotations

import sys
from typing import Any

from behave.formatter.base import Formatter, StreamOpener

from noetl_acceptance.bdd.behave_internals import print_instead
from noetl_acceptance.verdict import policy

WORDS = {"product": "ASSERT FAILED", "sandbox": "SANDBOX FAILED", "usage": "CANNOT RUN"}
"""How the message of a failed step begins, by the verdict; the first are behave's own words."""


class StepErrors(Formatter):  # type: ignore[misc] # behave has no types
    """Takes the traceback from a step's error; to be asked before the formatters that print it.

    Behave prints a failed assertion as its message, and every other exception as a traceback: of a
    service that ended, where that was noticed is of no interest. With ``--verbose`` all of them
    stay.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(StreamOpener(stream=sys.stdout), config)

    def result(self, step: Any) -> None:
        """Change the message of a step that has ended."""
        if not self.config.verbose and (message := message_of(step.exception)):
            print_instead(step, message)


def message_of(error: BaseException | None) -> str:
    """Return what is printed in place of an error's traceback; empty where that is to stay."""
    blamed = "suite" if error is None else policy.of_error(error)
    return f"{WORDS[blamed]}: {error}" if blamed in WORDS else ""
