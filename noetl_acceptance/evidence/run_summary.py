"""The run summary, for a pipeline's page: ``summary.md`` in the run's folder, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.neutral import LEGEND, OWN_PAIR, neutral, places_of
from noetl_acceptance.evidence.rerun import command_again
from noetl_acceptance.evidence.results import NOT_RUN, ScenarioResult
from noetl_acceptance.evidence.run_verdict import WORDS, counted_words, verdict_line, why_of
from noetl_acceptance.model.wording import counted
from noetl_acceptance.places import BASE
from noetl_acceptance.support.settings_file import words_of_settings

FILE = "summary.md"

MOST_BYTES = 64 * 1024
"""The most that a run summary takes; GitHub refuses one of more than 1 MiB for a step."""

MOST_LINES = 12
"""The first lines of a failure that are shown."""

MOST_CHARACTERS = 300
"""The most of one line that is shown."""

FAILURES = ("product", "sandbox", "suite", "usage", "interrupted")
"""The verdicts that are shown with a message and a command, in the order of their sections."""

_TAIL_BYTES = 1024
"""What is kept free for the lines that stand below the sections."""

_BASE = re.compile(rf"(?<![\w.-]){re.escape(str(BASE))}/")
"""Before a path below the folder in which the command is to be run."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!$])")


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the run summary: a heading, and entries, the last of which may be left out."""

    heading: str
    entries: Sequence[str]


def run_summary(
    results: Sequence[ScenarioResult],
    figures: Figures,
    rows: Mapping[str, str],
    places: Mapping[str, str],
) -> str:
    """Return a run summary: the verdict, the contract's rows, and what did not pass.

    Args:
        results: of the run, without secrets.
        figures: of the run.
        rows: the rows of the contract, by what the run says of them.
        places: the words for folders of this machine, by their paths.
    """
    sections = [
        *(_failures(verdict, results, figures, places) for verdict in FAILURES),
        _not_judged(results, places),
        _second_attempts(results, places),
        _deviations(results),
        _differing(results),
    ]
    head = "\n".join(_head(results, figures, rows, places))
    parts, left_out = _fitting(sections, MOST_BYTES - _TAIL_BYTES - len(head.encode()))
    text = "\n\n".join([head, *parts])
    tail = []
    if left_out:
        tail.append(f"Left out here, for lack of space: {', '.join(left_out)}. The report has all.")
    if any(re.search(rf"\b{word}\b", text) for word in (*places.values(), "PYTHON")):
        tail.append(LEGEND)
    return "\n\n".join([text, *tail]) + "\n"


def write_run_summary(
    results: Sequence[ScenarioResult],
    figures: Figures,
    rows: Mapping[str, str],
    folder: Path,
) -> None:
    """Write the run summary into the run's folder; the arguments are those of ``run_summary``."""
    text = run_summary(results, figures, rows, words_for_places(figures, folder))
    (folder / FILE).write_text(text, encoding="utf-8")


def words_for_places(figures: Figures, folder: Path) -> dict[str, str]:
    """Return ``places_of`` a run, for what is read without a bundle around it."""
    places = places_of(figures, folder)
    return {path: word.replace(OWN_PAIR, "PAIR") for path, word in places.items()}


def first_lines(result: ScenarioResult, places: Mapping[str, str]) -> list[str]:
    """Return the first lines of why a scenario has not passed, and how many are left out.

    Args:
        result: the scenario's.
        places: as those of ``run_summary``.
    """
    lines = [line for line in neutral(result.reason, places).splitlines() if line.strip()]
    told = [clipped(line.rstrip()) for line in lines[:MOST_LINES]]
    if more := len(lines[MOST_LINES:]):
        told.append(f"… {counted(more, 'line')} more")
    return told


def _head(
    results: Sequence[ScenarioResult],
    figures: Figures,
    rows: Mapping[str, str],
    places: Mapping[str, str],
) -> Iterator[str]:
    seconds = f" in {figures.wall:.0f} s" if figures.wall else ""
    yield f"## {verdict_line(results)}{seconds}"
    yield ""
    if figures.noetl:
        origin = f" from {neutral(figures.origin, places)}" if figures.origin else ""
        workers = counted(figures.workers, "worker")
        yield _plain(f"NoETL {figures.noetl}{origin}, sandbox {figures.sandbox}, {workers};")
        if figures.settings:
            own = words_of_settings(figures.settings)
            yield _plain(f"settings {own};")
    commit = figures.commit or "unknown"
    yield _plain(f"noetl-acceptance at commit {commit}, run of {figures.when}")
    if rows:
        yield from ("", "| the contract's rows | |", "|---|---|")
        yield from (f"| {words} | {_plain(ids, most=2000)} |" for words, ids in rows.items())


def _failures(
    verdict: str,
    results: Sequence[ScenarioResult],
    figures: Figures,
    places: Mapping[str, str],
) -> _Section:
    failed = [each for each in results if each.verdict == verdict]
    entries = ["\n".join(_failure(each, figures, places)) for each in failed]
    return _Section(WORDS.get(verdict, verdict), entries)


def _failure(result: ScenarioResult, figures: Figures, places: Mapping[str, str]) -> Iterator[str]:
    yield f"#### {_where(result)}"
    if result.rows:
        yield from ("", f"Contract: {_plain(', '.join(result.rows))}")
    if lines := first_lines(result, places):
        yield from ("", *_fenced(lines, "text"))
    if result.earlier:
        yield from ("", f"At first, beside others: {_first(result.earlier, places)}")
    if result.location:
        command = _BASE.sub("", command_again(result, figures))
        yield from ("", *_fenced([neutral(command, places)], "sh"))


def _not_judged(results: Sequence[ScenarioResult], places: Mapping[str, str]) -> _Section:
    skipped = [each for each in results if each.verdict == "skipped"]
    counts = [(reason, sum(each.reason == reason for each in skipped)) for reason in NOT_RUN]
    return _Section(
        WORDS["skipped"],
        [
            *(f"- {counted(count, 'scenario')}: {reason}" for reason, count in counts if count),
            *(
                f"- {_where(each)}: {_plain(neutral(why_of(each), places))}"
                for each in skipped
                if each.reason not in NOT_RUN
            ),
        ],
    )


def _second_attempts(results: Sequence[ScenarioResult], places: Mapping[str, str]) -> _Section:
    passed = [each for each in results if each.earlier and each.verdict in ("passed", "deviates")]
    entries = [f"- {_where(each)}: beside others {_first(each.earlier, places)}" for each in passed]
    return _Section("run again alone", entries)


def _deviations(results: Sequence[ScenarioResult]) -> _Section:
    found = [each for each in results if each.verdict == "deviates"]
    entries = [f"- {_where(each)}: {_plain(', '.join(each.deviations))}" for each in found]
    return _Section(WORDS["deviates"], entries)


def _differing(results: Sequence[ScenarioResult]) -> _Section:
    found = [each for each in results if each.differs]
    entries = [f"- {_where(each)}: {_plain('; '.join(each.differs))}" for each in found]
    return _Section("differ from the record", entries)


def _fitting(sections: Sequence[_Section], most: int) -> tuple[list[str], list[str]]:
    """Return the sections cut to a number of bytes, and what is left out of which, in words."""
    parts: list[str] = []
    left_out = []
    for section in sections:
        heading = f"### {section.heading[:1].upper()}{section.heading[1:]}"
        shown: list[str] = []
        for entry in section.entries:
            size = len(f"\n\n{entry}{heading if not shown else ''}\n\n".encode())
            if size > most:
                break
            most -= size
            shown.append(entry)
        if shown:
            between = "\n" if shown[0].startswith("- ") else "\n\n"
            parts.append(f"{heading}\n\n{between.join(shown)}")
        if missing := len(section.entries) - len(shown):
            left_out.append(counted_words(missing, section.heading))
            most = 0  # what comes later is of less weight
    return parts, left_out


def _where(result: ScenarioResult) -> str:
    """Return where a scenario stands and its name, as Markdown."""
    return _plain(f"{result.location} {result.scenario}".strip())


def _first(reason: str, places: Mapping[str, str]) -> str:
    return _plain(next(iter(neutral(reason, places).strip().splitlines()), ""))


def _plain(words: str, most: int = MOST_CHARACTERS) -> str:
    """Return words on one line that Markdown shows as they are."""
    return _MARKDOWN.sub(r"\\\1", clipped(" ".join(words.split()), most))


def clipped(line: str, most: int = MOST_CHARACTERS) -> str:
    """Return a line, cut where it is longer than a number of characters."""
    return line if len(line) <= most else f"{line[:most]} …"


def _fenced(lines: Sequence[str], language: str) -> list[str]:
    """Return lines as a block of code, whatever backticks stand in them."""
    runs = re.findall("`+", "\n".join(lines))
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return [f"{fence}{language}", *lines, fence]
