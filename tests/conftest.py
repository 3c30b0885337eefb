"""What every test shares."""

from __future__ import annotations

import gc
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

ORCHESTRATION = (
    "test_session*.py",
    "test_allowed_tracebacks.py",
    "test_log_parser.py",
    "test_monitor.py",
    "test_policy.py",
    "test_weighing.py",
)
"""The tests of what orchestrates a run: only these are watched for coverage, which costs time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not any(map(item.path.match, ORCHESTRATION)):
            item.add_marker(pytest.mark.no_cover)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the process: modules and tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A world of fake sandboxes, whose clock the test moves."""
    return World(monkeypatch, tmp_path)
