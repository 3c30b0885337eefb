"""The results as JUnit XML: one file for each feature, one for what went wrong outside of them.

Behave's own report is written while the features run and from what behave knows: it counts a
scenario that an interruption kept from running as one more test, leaves out what was not judged,
and cannot show an error outside of a scenario. This one is made of the same results as the
console's verdict and ``results.json``, when all of them are known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from noetl_acceptance.evidence.results import RESULTS_FILE, THE_RUN, ScenarioResult
from noetl_acceptance.evidence.run_verdict import why_of

ELEMENTS = {
    "product": "failure",
    "sandbox": "error",
    "suite": "error",
    "usage": "error",
    "interrupted": "error",
    "skipped": "skipped",
}
"""The element that tells a verdict; what has none has passed. Its ``type`` is the verdict."""

CONTRACT, DEVIATES, DIFFERS = "contract", "deviates as recorded", "differs from the record"
"""The properties of a test case: a row of the contract, and a recorded deviation that it shows.

They stand where pytest writes its own. There is one for each row, so that no reader has to split a
value.
"""

OF_THE_RUN = "TESTS-run.xml"

MOST_BYTES = 64 * 1024
"""The most that the texts of one test case may take in the file."""

_SHARES = {"message": 2 * 1024, "text": 32 * 1024, "steps": 16 * 1024}
"""What each of them may take; a message of quotation marks takes six times as much."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(results: Sequence[ScenarioResult], folder: Path, evidence: Path | None = None) -> None:
    """Write the reports of a run, in place of those that stand there.

    Args:
        results: all of them, without secrets.
        folder: made when it is not there.
        evidence: the run's folder, which has what is too long for a report; None without one.
    """
    rest = f"{evidence / RESULTS_FILE} has the rest" if evidence else "the rest is left out"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / OF_THE_RUN).unlink(missing_ok=True)
    files: dict[str, list[ScenarioResult]] = {}
    for result in results:
        files.setdefault(_file_of(result), []).append(result)
    for name, cases in files.items():
        suite = _suite(name.removeprefix("TESTS-").removesuffix(".xml"), cases, rest)
        ET.ElementTree(suite).write(folder / name, encoding="utf-8", xml_declaration=True)


def _file_of(result: ScenarioResult) -> str:
    feature = result.location.rpartition(":")[0]
    if not feature:
        return OF_THE_RUN
    return f"TESTS-{feature.removesuffix('.feature').strip('./').replace('/', '.')}.xml"


def _suite(name: str, cases: Sequence[ScenarioResult], rest: str) -> ET.Element:
    counts = Counter(ELEMENTS.get(case.verdict) for case in cases)
    suite = ET.Element(
        "testsuite",
        name=_text(f"{name}.{cases[0].feature}"),
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        time=f"{sum(case.seconds for case in cases):.3f}",
    )
    if began := min((case.began for case in cases if case.began), default=0.0):
        moment = datetime.fromtimestamp(began, UTC).replace(tzinfo=None)
        suite.set("timestamp", moment.isoformat(timespec="seconds"))
    suite.extend(_case(name, case, rest) for case in cases)
    return suite


def _case(name: str, case: ScenarioResult, rest: str) -> ET.Element:
    element = ET.Element(
        "testcase",
        classname=_text(f"{name}.{case.feature}"),
        name=_text(case.scenario),
        time=f"{case.seconds:.3f}",
    )
    if case.location:
        element.set("file", case.location.rpartition(":")[0])
    pairs = [(CONTRACT, row) for row in case.rows]
    pairs += [(DEVIATES, deviation) for deviation in case.deviations]
    pairs += [(DIFFERS, words) for words in case.differs]
    if pairs:
        properties = ET.SubElement(element, "properties")
        for about, value in pairs:
            ET.SubElement(properties, "property", name=about, value=_text(value))
    told = ELEMENTS.get(case.verdict)
    if told is not None:
        problem = ET.SubElement(element, told, message=_bounded(why_of(case), "message", rest))
        if told != "skipped":
            problem.set("type", case.verdict)
            problem.text = _bounded(case.reason, "text", rest)
    if case.feature != THE_RUN:
        lines = [f"{step.words} ... {step.status} in {step.seconds:.3f} s" for step in case.steps]
        if case.earlier:
            lines += ["at first, beside others:", case.earlier.strip()]
        ET.SubElement(element, "system-out").text = _bounded("\n".join(lines), "steps", rest)
    return element


def _bounded(words: str, what: str, rest: str) -> str:
    """Return a text for XML, cut where it would take more than its share, and how it goes on."""
    text = _text(words)
    most = _SHARES[what]
    if _size(text) <= most:
        return text
    tail = f" … cut here, {rest}"
    kept = text[: most - _size(tail)]
    while over := max(0, _size(kept) + _size(tail) - most):
        kept = kept[: -max(1, over // _WIDEST)]
    return kept + tail


_WIDEST = len("&amp;")
"""The most bytes that a character takes in the file."""


def _size(text: str) -> int:
    """Return how many bytes a text takes in the file, its element's tags included."""
    element = ET.Element("a")
    element.text = text
    return len(ET.tostring(element, encoding="utf-8"))


def _text(words: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", words)
