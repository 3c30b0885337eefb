"""Signals: the first one ends the run, what takes down is finished first."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from noetl_acceptance.settings import ROOT

PROGRAM = """
import os, signal, sys, time
from noetl_acceptance import interrupts
interrupts.install()
try:
    {body}
except KeyboardInterrupt:
    with interrupts.shielded():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
    print("in order", interrupts.received())
"""


def run(body: str) -> str:
    program = PROGRAM.format(body=body)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_interrupts_and_the_second_does_not(name: str) -> None:
    assert run(f"os.kill(os.getpid(), signal.{name}); time.sleep(5)") == "in order True"


def test_a_shield_holds_a_signal_off() -> None:
    body = (
        "shield = interrupts.shielded(); shield.__enter__(); "
        "os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.05); "
        "shield.__exit__(None, None, None); print(interrupts.received())"
    )
    assert run(body) == "True"


def test_a_signal_that_the_caller_ignores_stays_ignored() -> None:
    program = PROGRAM.format(body="os.kill(os.getpid(), signal.SIGHUP); print('goes on')")
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
    finally:
        signal.signal(signal.SIGHUP, previous)
    assert done.stdout.strip() == "goes on"
