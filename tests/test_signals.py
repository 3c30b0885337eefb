"""Signals: the first one ends the run, what takes down is finished first."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

from noetl_acceptance.places import ROOT
from noetl_acceptance.support.polling import eventually

PROGRAM = """
import os, signal, sys, time
from noetl_acceptance.support import signals

def send(number=signal.SIGINT):
    os.kill(os.getpid(), number)
    time.sleep(0.01)  # the handler runs between two lines of Python

def later():
    signals.AGAIN_SECONDS = 0.0  # as if the last one had been raised long ago

signals.install()
try:
{body}
except KeyboardInterrupt as interruption:
    told = ["interrupted"]
    if interruption.__cause__ is not None:
        told.append(repr(interruption.__cause__))
    try:
        with signals.shielded():
            send()
            told.append("taken down")
        told.append("the rest")
    except KeyboardInterrupt:
        told.append("again")
    print(*told, signals.received(), sep=", ")
"""


def run(body: str) -> str:
    program = PROGRAM.format(body=indent(body, "    "))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


IN_ORDER = "interrupted, taken down, the rest, True"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_interrupts_and_an_impatient_second_does_not(name: str) -> None:
    assert run(f"send(signal.{name}); time.sleep(5)") == IN_ORDER


def test_a_signal_in_a_shield_takes_effect_at_its_end() -> None:
    body = """
with signals.shielded():
    send(signal.SIGTERM)
    print(signals.received())
    send()
print("goes on")
"""
    assert run(body) == f"True\n{IN_ORDER}"


def test_a_shield_in_a_shield_holds_a_signal_off_until_the_outer_ones_end() -> None:
    body = """
with signals.shielded():
    with signals.shielded():
        send()
    print("outer")
print("goes on")
"""
    assert run(body) == f"outer\n{IN_ORDER}"


def test_an_error_in_a_shield_is_not_lost_where_a_signal_came_as_well() -> None:
    body = """
with signals.shielded():
    send()
    raise ValueError("not removed")
"""
    told = run(body)
    assert told == "interrupted, ValueError('not removed'), taken down, the rest, True"


def test_an_error_in_a_shield_without_a_signal_stays_itself() -> None:
    body = """
try:
    with signals.shielded():
        raise ValueError
except ValueError:
    print("itself", signals.received())
"""
    assert run(body) == "itself False"


def test_a_run_that_hangs_after_an_interruption_is_interrupted_again() -> None:
    assert run("later(); send()") == "interrupted, taken down, again, True"
    body = """
try:
    send()
except KeyboardInterrupt:
    print("swallowed")
send()
later()
print("hangs")
send()
"""
    assert run(body) == "swallowed\nhangs\ninterrupted, taken down, again, True"


def test_a_signal_that_the_caller_ignores_stays_ignored() -> None:
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("send(signal.SIGHUP); print('goes on')") == "goes on"
    finally:
        signal.signal(signal.SIGHUP, previous)


CHILD = """
import signal, sys, time
told = []
def note(*_):
    told.append(1)
    print("told", flush=True)
    if len(told) == 2:
        sys.exit(7)
signal.signal(signal.SIGTERM, note)
print("ready", flush=True)
while True:
    time.sleep(60)
"""


def test_a_run_that_waits_for_another_tells_it_of_each_signal() -> None:
    body = f"""
import subprocess, threading
from noetl_acceptance.orchestration.behave_processes import end_with
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdout=subprocess.PIPE)
def impatient():
    for _ in range(2):
        child.stdout.readline()
        send()
later()
threading.Thread(target=impatient).start()
try:
    end_with(child)
finally:
    print(child.returncode)
"""
    assert run(body) == "7\ninterrupted, taken down, again, True"


SLOW = """
import signal, sys, time
def end(*_):
    time.sleep(2)
    print(time.monotonic(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    time.sleep(60)
"""


def test_all_that_are_waited_for_are_told_before_the_first_has_ended() -> None:
    body = f"""
import subprocess, threading
from noetl_acceptance.orchestration.behave_processes import end_with_all
children = [
    subprocess.Popen([sys.executable, "-c", {SLOW!r}], stdout=subprocess.PIPE) for _ in range(2)
]
def interrupt():
    for each in children:
        each.stdout.readline()
    send()
threading.Thread(target=interrupt).start()
try:
    end_with_all(children)
finally:
    one, other = (float(each.stdout.read()) for each in children)
    print("together" if other - one < 1 else other - one)
"""
    assert run(body) == f"together\n{IN_ORDER}"


ORPHAN = """
import os, time
from noetl_acceptance.support import signals
signals.install()
print("ready", "NOETL_SUITE_STARTED_BY" in os.environ, flush=True)
try:
    while True:
        time.sleep(60)
except KeyboardInterrupt:
    print("taken down", flush=True)
"""

STARTER = """
import os, signal, sys, time
from pathlib import Path
from noetl_acceptance.orchestration.behave_processes import start
log = Path(sys.argv[1])
start([sys.executable, "-c", sys.argv[2]], Path.cwd(), log)
while "ready" not in log.read_text():
    time.sleep(0.05)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_has_started_ends_in_order(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    command = [sys.executable, "-c", STARTER, str(log), ORPHAN]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    told = "ready False\ntaken down\n"
    assert eventually(log.read_text, lambda text: text == told, seconds=30, what="its end")
