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


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the process: modules and tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A world of fake sandboxes, whose clock the test moves."""
    return World(monkeypatch, tmp_path)
