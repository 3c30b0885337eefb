"""What every test shares."""

from __future__ import annotations

import gc
import re
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from noetl_acceptance.support.signals import SIGNALS
from tests.fakes.world import World

# On a busy machine a single example may take long; that is no fault of the code under test.
settings.register_profile("acceptance", deadline=None)
settings.load_profile("acceptance")

# Who starts the tests in the background (nohup, some CI) has signals ignored, and what they start
# would inherit that: they send these signals themselves.
for number in SIGNALS:
    if signal.getsignal(number) is signal.SIG_IGN:
        default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, default)


COVERED_BY = re.compile(
    r"test_(session\w*|allowed_tracebacks|log_parser|policy|reading_ahead|recorder|weighing)"
)
"""The tests of what orchestrates a run: only these are watched for coverage, which costs time."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Watch for coverage only what the floor in ``pyproject.toml`` is about."""
    if config.pluginmanager.hasplugin("_cov"):
        for item in items:
            if not COVERED_BY.fullmatch(item.path.stem):
                item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the process: modules and tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A world of fake sandboxes, whose clock the test moves."""
    return World(monkeypatch, tmp_path)
