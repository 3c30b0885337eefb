"""What the user sees while a run goes on."""

from __future__ import annotations

import io

import pytest

from noetl_acceptance import console
from noetl_acceptance.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    return Terminal()


def test_a_live_line_is_erased_before_the_next_line(terminal: Terminal) -> None:
    shown = Console(terminal)
    shown.live("one")
    shown.live("one")
    shown.say("two")
    assert terminal.getvalue().count("one") == 1
    assert terminal.getvalue().endswith("\x1b[2K\rtwo\n")


def test_a_live_line_never_wraps(terminal: Terminal) -> None:
    Console(terminal).live("x" * 40)
    assert terminal.getvalue().count("x") == 18
    assert "\n" not in terminal.getvalue()


def test_no_color_is_obeyed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    Console(terminal).say("[red]plain[/red]")
    assert terminal.getvalue() == "[red]plain[/red]\n"


def test_without_a_terminal_a_line_comes_after_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    told = Console(stream)
    told.live("at once")
    monkeypatch.setattr(console, "SILENCE_SECONDS", 0.0)
    told.live("after a while")
    told.clear()
    assert stream.getvalue() == "after a while\n"


def test_quiet_tells_nothing() -> None:
    stream = io.StringIO()
    Console(stream, quiet=True).say("x")
    assert stream.getvalue() == ""
