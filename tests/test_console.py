"""What the user sees while a run goes on."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.execution.progress import Progress
from noetl_acceptance.model.request import Workload
from noetl_acceptance.support import console
from noetl_acceptance.support.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    return Terminal()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _only_the_test_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "BEAT_SECONDS", 3600.0)


def lines(terminal: Terminal) -> list[str]:
    """Return what a terminal has shown, line by line, without colours; ``<`` erases."""
    text = re.sub(r"\x1b\[[\d;]*m", "", terminal.getvalue())
    return text.replace("\x1b[2K\r", "<").split("\n")


def test_a_phase_shows_how_far_it_is_and_its_deadline(terminal: Terminal, clock: Clock) -> None:
    shown = Console(terminal, clock=clock)
    with shown.phase("a run", 60.0):
        shown.beat()
        shown.live("3 done")
        clock.now += 2
        shown.beat()
        shown.beat()
    assert lines(terminal) == ["  [0 s of 60 s] a run<  [2 s of 60 s] a run: 3 done<"]


def test_a_phase_is_asked_how_far_it_is(terminal: Terminal, clock: Clock) -> None:
    shown = Console(terminal, clock=clock)
    begun = iter(["1 begun", "2 begun"])
    with shown.phase("lanes", tell=lambda: next(begun)):
        shown.beat()
        shown.beat()
    assert lines(terminal) == ["  [0 s] lanes: 1 begun<  [0 s] lanes: 2 begun<"]


def test_the_innermost_phase_is_shown(terminal: Terminal, clock: Clock) -> None:
    shown = Console(terminal, clock=clock)
    with shown.phase("outer"):
        with shown.phase("inner"):
            shown.beat()
        clock.now += 5
        shown.beat()
    assert lines(terminal) == ["  [0 s] inner<  [5 s] outer<"]


def test_a_live_line_is_erased_before_the_next_line(terminal: Terminal, clock: Clock) -> None:
    shown = Console(terminal, clock=clock)
    with shown.phase("one"):
        shown.beat()
        shown.say("two")
    assert lines(terminal) == ["  [0 s] one<two", ""]


def test_a_live_line_never_wraps(terminal: Terminal, clock: Clock) -> None:
    shown = Console(terminal, clock=clock)
    with shown.phase("x" * 80):
        shown.beat()
    assert lines(terminal) == [f"  [0 s] {'x' * 30}…<"]


def test_lines_of_a_step_come_after_it_where_behave_draws_it_once_more(
    terminal: Terminal, clock: Clock
) -> None:
    shown = Console(terminal, clock=clock)
    with shown.step("Given a step"):
        shown.say("one")
        shown.say("two")
    assert terminal.getvalue() == ""
    shown.release()
    assert lines(terminal) == ["one", "two", ""]


def test_lines_of_a_step_are_printed_before_what_is_said_later(
    terminal: Terminal, clock: Clock
) -> None:
    shown = Console(terminal, clock=clock)
    with shown.step("Given a step"):
        shown.say("one")
    shown.say("two")
    assert lines(terminal) == ["one", "two", ""]


def test_no_color_is_obeyed(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = Console(terminal, clock=clock)
    shown.say("[red]plain[/red]")
    with shown.phase("one"):
        shown.beat()
    assert terminal.getvalue() == "[red]plain[/red]\n  [0 s] one\x1b[2K\r"


@pytest.mark.parametrize("why", ["no terminal", "a dumb one", "colours are forced"])
def test_without_a_terminal_a_line_comes_after_a_silence(
    why: str, terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = terminal if why == "a dumb one" else io.StringIO()
    if why == "a dumb one":
        monkeypatch.setenv("TERM", "dumb")
    if why == "colours are forced":
        monkeypatch.setenv("FORCE_COLOR", "1")
    told = Console(stream, clock=clock)
    with told.phase("a run"), told.step("a step"):
        told.beat()
        clock.now += console.SILENCE_SECONDS
        told.beat()
        told.beat()
        told.say("said")
    assert re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue()) == "  [8 s] a step\nsaid\n"


def test_quiet_tells_nothing(clock: Clock) -> None:
    stream = io.StringIO()
    told = Console(stream, quiet=True, clock=clock)
    with told.phase("x"):
        clock.now += 60
        told.beat()
        told.say("x")
    assert stream.getvalue() == ""


EVENT = st.sampled_from(["enter", "leave", "say", "live", "nothing"])


@given(st.lists(st.tuples(EVENT, st.integers(min_value=0, max_value=30))))
def test_no_silence_is_longer_than_fifteen_seconds_while_anything_goes_on(
    events: list[tuple[str, int]],
) -> None:
    clock, stream = Clock(), io.StringIO()
    told = Console(stream, clock=clock)
    silent = printed = 0
    with ExitStack() as run:
        run.enter_context(told.phase("run"))
        inner: list[ExitStack] = []
        for event, seconds in events:
            if event == "enter":
                inner.append(run.enter_context(ExitStack()))
                inner[-1].enter_context(told.phase("inner"))
            elif event == "leave" and inner:
                inner.pop().close()
            elif event == "say":
                told.say("said")
            elif event == "live":
                told.live("further")
            for _ in range(seconds):
                clock.now += 1
                told.beat()
                count = stream.getvalue().count("\n")
                silent = 0 if count > printed else silent + 1
                printed = count
                assert silent < 15


@pytest.fixture
def beaten(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An event that each beat of a real heart sets."""
    monkeypatch.setattr(console, "BEAT_SECONDS", 0.001)
    beat, seen = Console.beat, threading.Event()

    def watched(self: Console) -> None:
        beat(self)
        seen.set()

    monkeypatch.setattr(Console, "beat", watched)
    yield seen
    assert "console" not in {thread.name for thread in threading.enumerate()}


def test_the_heart_beats_while_a_phase_goes_on_and_not_after_it(
    terminal: Terminal, beaten: threading.Event
) -> None:
    shown = Console(terminal)
    for _ in range(2):
        with shown.phase("blocked"):
            assert beaten.wait(10)
        beaten.clear()
        written = terminal.getvalue()
        assert written.endswith("\x1b[2K\r")
        assert not beaten.wait(0.01)
        assert terminal.getvalue() == written


def test_an_error_ends_a_phase(terminal: Terminal, beaten: threading.Event) -> None:
    shown = Console(terminal)

    def fails() -> None:
        with shown.phase("outer"), shown.phase("inner"):
            beaten.wait(10)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    shown.say("end")
    assert terminal.getvalue().endswith("\x1b[2K\rend\n")


def test_a_closed_stream_ends_nothing(clock: Clock) -> None:
    stream = io.StringIO()
    told = Console(stream, clock=clock)
    with told.phase("x"):
        stream.close()
        clock.now += 60
        told.beat()


def test_the_progress_of_a_run_is_one_line() -> None:
    workload = Workload(seed_rows=130, batch_size=50, max_batches=4)
    progress = Progress(workload, batches=2, stored=100, calls=104)
    assert str(progress) == "2/4 batches done, 100/130 rows stored, 104 calls"


def test_full_scale_fits_into_eighty_columns(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = Console(terminal, clock=clock)
    with shown.phase("run", 300.0):
        clock.now += 250
        shown.live(
            str(
                Progress(
                    Workload(seed_rows=2000, batch_size=100, max_batches=20),
                    batches=20,
                    stored=2000,
                    calls=2345,
                )
            )
        )
        shown.beat()
    assert lines(terminal)[0].endswith("2345 calls<")
