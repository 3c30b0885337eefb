"""What a run comes to: the closing summary and the verdict in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from noetl_acceptance.evidence.results import INTERRUPTED, NOT_RUN, ScenarioResult
from noetl_acceptance.model.wording import counted

WORDS = {
    "passed": "passed",
    "product": "failed by the product",
    "sandbox": "failed by the sandbox",
    "suite": "failed by the suite",
    "usage": "could not run",
    "deviates": "deviate as recorded",
    "skipped": "not judged",
}
"""How each verdict is told, in the order of the summary."""

_OF_ONE = {WORDS["deviates"]: "deviates as recorded"}
"""What is said otherwise of a single scenario."""


def summary(results: Sequence[ScenarioResult]) -> list[str]:
    """Return the lines that name what did not simply pass, kind by kind, one line each."""
    lines = []
    for verdict, words in WORDS.items():
        told = list(_lines([result for result in results if result.verdict == verdict]))
        if verdict != "passed" and told:
            lines += [f"{words}:", *told]
    differing = [
        f"  {result.location} {result.scenario}: {'; '.join(result.differs)}"
        for result in results
        if result.differs
    ]
    return [*lines, *(["differ from the record:", *differing] if differing else [])]


def _lines(results: Sequence[ScenarioResult]) -> Iterator[str]:
    for reason in NOT_RUN:
        if count := sum(result.reason == reason for result in results):
            yield f"  {counted(count, 'scenario')}: {reason}"
    for result in results:
        if result.reason not in NOT_RUN:
            why = ", ".join(result.deviations) if result.verdict == "deviates" else why_of(result)
            where = f"{result.location} {result.scenario}".strip()
            yield f"  {where}: {why}"


def why_of(result: ScenarioResult) -> str:
    """Return why a scenario has not passed in one line.

    It is what a check found first, else the first line; why nothing was judged is told as a whole.
    """
    lines = [line.strip() for line in result.reason.splitlines() if line.strip()]
    found = next((n for n, line in enumerate(lines) if line.startswith("but:")), -1) + 1
    if result.verdict == "skipped" and not found:
        return " ".join(lines)
    return next(iter([*lines[found:], *lines]), "")


def verdict_line(results: Sequence[ScenarioResult]) -> str:
    """Return the verdict of a run in one line."""
    interrupted = any(result.verdict == INTERRUPTED for result in results)
    told = [INTERRUPTED if interrupted else "", verdict_words(results)]
    return "verdict: " + (", ".join(filter(None, told)) or "no scenario ran")


def verdict_words(results: Sequence[ScenarioResult]) -> str:
    """Return how many scenarios ended in which way, by whose fault; empty when none ran."""
    counts = Counter(result.verdict for result in results)
    return ", ".join(
        counted_words(counts[each], said) for each, said in WORDS.items() if counts[each]
    )


def counted_words(count: int, words: str) -> str:
    """Return how many scenarios ended in which way; that is in the words of ``WORDS``."""
    return f"{count} {words_of_one(words) if count == 1 else words}"


def words_of_one(words: str) -> str:
    """Return the words of ``WORDS`` as they stand where a single scenario is meant."""
    return _OF_ONE.get(words, words)
