"""What a run was made with, by which runs are compared and parts of one are told from others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.neutral import ORIGIN
from noetl_acceptance.support.settings_file import words_of_settings


def _noetl(figures: Figures) -> str:
    """Return the version and, if it is no release, the code's digest; its place says nothing."""
    return " ".join(filter(None, (figures.noetl, ORIGIN.sub(r"\1 \3", figures.origin))))


CONDITIONS: dict[str, Callable[[Figures], str]] = {
    "NoETL": _noetl,
    "command line": lambda figures: figures.cli,
    "sandbox": lambda figures: figures.sandbox,
    "commit": lambda figures: figures.commit,
    "pair": lambda figures: figures.pair,
}
"""What is read off a run's figures; what is empty was not found out by that run."""


def settings_in_words(figures: Figures) -> str:
    """Return the settings that are not the suite's; empty where no NoETL has come up.

    What images bring is not known before.
    """
    return (words_of_settings(figures.settings) or "none") if figures.noetl else ""


def differences(before: Figures, after: Figures) -> Iterator[str]:
    """Yield in what two runs differ besides their results, a line each.

    Args:
        before: of the earlier run.
        after: of the later one.
    """
    for what, read in (CONDITIONS | {"settings of your own": settings_in_words}).items():
        told = [read(before), read(after)]
        if all(told) and told[0] != told[1]:
            yield f"{what}: {told[0]} → {told[1]}"
