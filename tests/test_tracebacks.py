"""Real Python tracebacks in a log: chains, groups and what stands between them, told apart."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import suppress
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks.log_findings import ExpectedLog, quiet
from noetl_acceptance.noetl.log_parser import MOST_CHARACTERS, errors_in, headline, unfinished_in

PLAIN = (
    "2026-11-24T23:47:31.900000 [INFO]  /lib/x.py:327",
    "INFO:     Started server process [2529]",
    "2026-11-24 23:47:16.017 UTC [18] LOG:  checkpoint complete",
    "",
)
ERROR = "2026-11-24 23:47:17.000 UTC [19] ERROR:  relation does not exist"


class OddError(Exception):
    """An exception of a module, as NoETL's libraries have them."""


messages = st.lists(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1),
    min_size=1,
    max_size=3,
).map(lambda words: "\n".join(f"m {word}" for word in words))
kinds = st.sampled_from([ValueError, KeyError, TimeoutError, OddError, SyntaxError])
leaves = st.builds(lambda kind, message: kind(message), kinds, messages)


def _thrown(error: BaseException, depth: int) -> BaseException:
    """Give an exception frames."""

    def throw(deeper: int) -> None:
        if deeper:
            throw(deeper - 1)
        raise error

    with suppress(type(error)):
        throw(depth)
    return error


def _chained(error: Exception, before: Exception, *, cause: bool) -> Exception:
    if cause:
        error.__cause__ = before
    else:
        error.__context__ = before
    return error


def _grouped(errors: list[Exception]) -> Exception:
    return ExceptionGroup("unhandled errors in a TaskGroup", errors)


thrown = st.recursive(
    st.builds(_thrown, leaves, st.integers(0, 5)),
    lambda inner: st.one_of(
        st.builds(_chained, st.builds(_thrown, leaves, st.integers(0, 2)), inner, cause=...),
        st.builds(_thrown, st.lists(inner, min_size=1, max_size=4).map(_grouped), st.just(1)),
    ),
    max_leaves=8,
)


def told_by(error: BaseException) -> Iterator[str]:
    """Yield the first line of each exception that says something of its own, in printed order."""
    before = error.__cause__ or error.__context__
    if before is not None:
        yield from told_by(before)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from told_by(each)
    else:
        yield traceback.format_exception_only(error)[-1].split("\n")[0]


@given(st.lists(st.tuples(thrown, st.sampled_from(PLAIN), st.booleans()), max_size=5))
def test_each_traceback_is_found_and_nothing_after_it_is_swallowed(
    logged: list[tuple[BaseException, str, bool]],
) -> None:
    log, expected = "", []
    for error, line, with_error in logged:
        log += f"{''.join(traceback.format_exception(error))}{line}\n"
        expected += list(told_by(error))
        if with_error:
            log += f"{ERROR}\n"
            expected.append(ERROR)
    found = errors_in(log, "any")
    assert [headline(each.text) for each in found if each.traceback or each.text == ERROR] == (
        expected
    )
    assert unfinished_in(log) == len(log)


@given(thrown, st.data())
def test_a_log_that_is_cut_anywhere_goes_on_where_a_traceback_begins(
    error: BaseException, data: st.DataObject
) -> None:
    log = f"{PLAIN[0]}\n{''.join(traceback.format_exception(error))}\n{ERROR}\n"
    lines = log.splitlines(keepends=True)
    text = "".join(lines[: data.draw(st.integers(0, len(lines)))])
    end = unfinished_in(text)
    both = errors_in(text[:end], "any") + errors_in(log[end:], "any")
    assert [headline(each.text) for each in both if each.traceback] == [
        headline(each.text) for each in errors_in(log, "any") if each.traceback
    ]


GROUP = dedent(
    """\
      + Exception Group Traceback (most recent call last):
      |   File "x.py", line 1, in main
      |     raise ExceptionGroup("unhandled errors in a TaskGroup", errors)
      | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)
      +-+---------------- 1 ----------------
        | Traceback (most recent call last):
        |   File "x.py", line 2, in call
        | TimeoutError: timed out
        +---------------- 2 ----------------
        | Traceback (most recent call last):
        |   File "x.py", line 3, in call
        | KeyError: 'profile'
        +------------------------------------
    """
)
LATE = ExpectedLog(tag="logs_late", words=("timed out",), reason="An example.")


def unannounced(log: str) -> list[str]:
    """Return what of a log no tag announces, each by the line that names it."""
    found = quiet([], errors_in(log, "worker-1"), [], [LATE])
    return [finding.message.partition(": ")[2].partition("\n")[0] for finding in found]


def test_what_follows_a_group_is_told() -> None:
    log = f"{GROUP}{ERROR}\nTraceback (most recent call last):\n  File x\nValueError: no\n"
    found = errors_in(log, "server")
    assert [(each.traceback, headline(each.text)) for each in found] == [
        (False, "ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)"),
        (True, "TimeoutError: timed out"),
        (True, "KeyError: 'profile'"),
        (False, ERROR),
        (True, "ValueError: no"),
    ]


def test_an_announced_word_excuses_its_own_traceback_only() -> None:
    assert unannounced(GROUP) == ["KeyError: 'profile'"]
    chain = (
        "Traceback (most recent call last):\n  File x\nTimeoutError: timed out\n\n"
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n  File x\n    log('timed out')\nKeyError: 'why'\n"
    )
    assert unannounced(chain) == ["KeyError: 'why'"]
    assert unannounced(chain.replace("KeyError: 'why'", "ReadTimeout: timed out")) == []
    assert unannounced(GROUP.replace("KeyError: 'profile'", "ReadTimeout: timed out")) == []


def test_back_to_back_tracebacks_are_each_excused_by_themselves() -> None:
    first, second = (
        f"Traceback (most recent call last):\n  File x\n{last}\n"
        for last in ("ReadTimeout: timed out", "ValueError: no")
    )
    assert unannounced(first + second) == ["ValueError: no"]
    assert unannounced(second + first) == ["ValueError: no"]


@pytest.mark.parametrize("count", [1, 999])
def test_a_word_in_the_frames_excuses_nothing_however_long_they_are(count: int) -> None:
    frames = "  File x\n    deeper('timed out')\n" * count
    message = "\n".join(["ValueError: no", *["and so on"] * count])
    log = f"Traceback (most recent call last):\n{frames}{message}\n"
    assert unannounced(log) == ["ValueError: no"]
    (found,) = errors_in(log, "any")
    assert len(found.text) <= MOST_CHARACTERS + 20


def test_a_message_of_several_lines_belongs_to_its_traceback() -> None:
    log = (
        "Traceback (most recent call last):\n  File x\n"
        "UndefinedTable: relation does not exist\nLINE 1: SELECT 1 FROM x\n"
        "                      ^\nINFO:     on\n"
    )
    (found,) = errors_in(log, "any")
    assert headline(found.text) == "UndefinedTable: relation does not exist"
    assert found.text.endswith("^")
