"""The page that shows the policy: ``docs/verdicts.md``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from noetl_acceptance.conformance.markdown import table
from noetl_acceptance.verdict import exit_codes, policy
from noetl_acceptance.verdict.policy import Rule

_WORDS = {
    "product": "the product",
    "sandbox": "the sandbox",
    "suite": "the suite",
    "skipped": "not judged",
    "usage": "nothing ran",
    "interrupted": "interrupted",
}

_PASSED = (
    ("no check was held against anything", "suite"),
    ("a recorded deviation did not show, and a check could not be applied", "skipped"),
    ("a recorded deviation did not show, while the services waited for the machine", "sandbox"),
    ("a recorded deviation did not show, and NoETL runs with the suite's settings", "product"),
    ("all deviations that are recorded for it showed, and nothing else was found", "deviates"),
    ("a check could not be applied", "skipped"),
    ("nothing of this", "passed"),
)


def verdicts_page() -> str:
    """Return the page's text."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Whose failure it is"
    yield ""
    yield "Generated from `noetl_acceptance/verdict/policy.py` by `make pages`. In each table the"
    yield "first row that applies decides. Where several kinds occur in one run, the first of"
    yield f"{', '.join(map(str, exit_codes.CODES.values()))} is the exit code."
    yield ""
    yield "## What became of a service"
    yield ""
    yield "Looked at first: a service that went explains what followed. Of several, the one that"
    yield "went first is the cause."
    yield ""
    yield from _table(policy.SERVICES)
    yield "## What checks found"
    yield ""
    yield from _table(policy.FINDINGS)
    yield "## The error that ended a step, or the run"
    yield ""
    yield from _table(policy.ERRORS)
    yield "## A scenario whose steps all passed"
    yield ""
    rows = [
        (seen, _WORDS.get(verdict, verdict), str(exit_codes.exit_code([verdict])))
        for seen, verdict in _PASSED
    ]
    yield table(("what was seen", "whose it is", "exit code"), rows)
    yield ""


def _table(rules: Sequence[Rule]) -> Iterator[str]:
    rows = [
        (rule.seen, _WORDS[rule.verdict], str(exit_codes.exit_code([rule.verdict])))
        for rule in rules
    ]
    yield table(("what was seen", "whose it is", "exit code"), rows)
    yield ""
