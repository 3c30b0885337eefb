"""Errors in the services' logs, as NoETL, Postgres and NATS write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from noetl_acceptance.run import LogError

MOST_CHARACTERS = 4000
"""The longest text of an error that is kept; of a traceback its start and its end."""

_TIME = re.compile(r"(?:\[\d+\] )?\[?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)")
_ERROR = re.compile(r"\[ERROR\]| (?:ERROR|FATAL|PANIC): |\[(?:ERR|FTL)\]|^(?:ERROR|CRITICAL):")
_TRACEBACK = re.compile(
    r"[\s|+]*(?:Message: )?(?:Exception Group )?Traceback \(most recent call last\):$"
)
_LAST_LINE = re.compile(r"[A-Za-z_][\w.]*(?::|$)")
_STARTING = "the database system is starting up"


def errors_in(text: str, service: str) -> list[LogError]:
    """Return the errors and the tracebacks of a log, in its order.

    NoETL writes the level with the place in its code, and the message some lines below; others
    write both in one line, a traceback below. A line of Postgres that it is starting is none.

    Args:
        text: whole lines of the log.
        service: whose log it is.
    """
    found = []
    at: float | None = None
    lines = iter(text.splitlines())
    for line in lines:
        at = _time_of(line) or at
        told = line
        if _ERROR.search(line) and _STARTING not in line:
            told = next(lines, "") if "[ERROR]" in line else line
            if told.startswith("("):  # NoETL's place in the code goes on
                told = next(lines, "")
            if not _TRACEBACK.match(told):
                message = told.strip().removeprefix("Message: ")
                found.append(_error(at, service, message, traceback=False))
        if _TRACEBACK.match(told):
            found.append(_error(at, service, "\n".join([told, *_rest(lines)]), traceback=True))
    return found


def unfinished_in(text: str) -> int:
    """Return where a traceback begins that has no end in a text; the text's length without one."""
    begin, at = len(text), 0
    for line in text.splitlines(keepends=True):
        if _TRACEBACK.match(line.rstrip("\n")):
            begin = at
        elif begin < at and _LAST_LINE.match(line):
            begin = len(text)
        at += len(line)
    return begin


def last_line(text: str) -> str:
    """Return the line that names an error: of a traceback the last; empty where there is none."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _rest(lines: Iterator[str]) -> Iterator[str]:
    """Yield a traceback's lines up to the error that it ends with."""
    for line in lines:
        yield line
        if _LAST_LINE.match(line):
            return


def _error(at: float | None, service: str, text: str, *, traceback: bool) -> LogError:
    if len(text) > MOST_CHARACTERS:
        half = MOST_CHARACTERS // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return LogError(at=at, service=service, traceback=traceback, text=text)


def _time_of(line: str) -> float | None:
    found = _TIME.match(line)
    if found is None:
        return None
    year, month, day, clock = found.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC).timestamp()
