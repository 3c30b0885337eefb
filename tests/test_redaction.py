"""A password leaves no form of itself, whatever has written it."""

from __future__ import annotations

import base64
import csv
import gzip
import html
import io
import json
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.redaction import MARK, holds, redacted, redacted_data
from tests.reports import no_rows
from tests.runs import healthy_run

SEVERE = "pä\"ss'w\\ör d%&<>$\n{x}🙂+/"


def as_csv(text: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([text])
    return out.getvalue()


WRITERS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "json": lambda text: json.dumps({"k": text}, ensure_ascii=False),
    "json, ascii": lambda text: json.dumps({text: 1}),
    "json in json": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "json in repr": lambda text: repr(json.dumps({"k": text})),
    "repr": repr,
    "repr of repr": lambda text: repr([repr(text)]),
    "ascii": ascii,
    "bytes": lambda text: repr(text.encode()),
    "latin-1": lambda text: repr(text.encode("latin-1", "replace")) if text.isascii() else "",
    "url": quote,
    "url, all": lambda text: quote(text, safe=""),
    "url, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "html": html.escape,
    "html, twice": lambda text: html.escape(html.escape(text)),
    "html, ascii": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
    "json in html": lambda text: html.escape(json.dumps(text)),
    "yaml": lambda text: yaml.safe_dump({"k": [text]}),
    "yaml, unicode": lambda text: yaml.safe_dump({"k": text}, allow_unicode=True),
    "yaml, folded": lambda text: yaml.safe_dump({"k": f"{'x' * 60} ä {text}"}),
    "yaml in json": lambda text: json.dumps(yaml.safe_dump({"k": f"{'x' * 60} ä {text}"})),
    "shell": shlex.quote,
    "shell in json": lambda text: json.dumps(shlex.quote(text)),
    "conninfo": lambda text: make_conninfo(password=text) if "\0" not in text else "",
    "sql": lambda text: "'" + text.replace("'", "''") + "'",
    "csv": as_csv,
    "compose": lambda text: text.replace("$", "$$"),
    "basic": lambda text: base64.b64encode(f"noetl:{text}".encode()).decode(),
    "base64": lambda text: base64.urlsafe_b64encode(f"ab{text}more".encode()).decode(),
}

characters = st.characters(exclude_categories=["Cs"])
passwords = st.text(
    st.sampled_from("\"\\'äß %&<>$\n\t/+{}aZ09_-🙂\u2028") | characters, min_size=12, max_size=40
)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("secret", [SEVERE, "0123456789abcdef_-", "\\\\\\\\\\\\nnnnnn'''\"\"\""])
def test_no_form_of_a_password_is_left(writer: str, secret: str) -> None:
    written = WRITERS[writer](secret)
    told = redacted(f"before {written} after {written}", [secret])
    assert told.startswith("before ")
    assert " after " in told
    assert written == "" or written not in told
    assert written == "" or MARK in told


@settings(max_examples=40)
@given(st.sampled_from(sorted(WRITERS)), passwords, st.text(max_size=20), st.text(max_size=20))
@example("json", 'aaaaaaaaaaa"', "", "")
@example("basic", "\xff" * 12, "", "")
def test_no_form_is_left_in_any_text(writer: str, secret: str, before: str, after: str) -> None:
    written = WRITERS[writer](secret)
    told = redacted(f"{before} {written} {after}", [secret])
    assert not holds(told, [secret])
    assert written == "" or MARK in told
    assert written == "" or holds(json.dumps([written]), [secret])


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@settings(max_examples=40)
@given(documents, passwords, st.sampled_from(sorted(WRITERS)))
def test_a_document_keeps_its_structure_and_all_else(
    document: Any, secret: str, writer: str
) -> None:
    whole = {"a": document, "b": [f"x{secret}y", {secret: WRITERS[writer](secret)}], "c": 1}
    cleaned = redacted_data(whole, [secret])
    assert cleaned["a"] == redacted_data(document, [secret])
    assert cleaned["b"][0].count(MARK) == 1
    assert (cleaned["c"], list(cleaned)) == (1, ["a", "b", "c"])
    for text in (json.dumps(cleaned), json.dumps(cleaned, ensure_ascii=False), repr(cleaned)):
        assert not holds(text, [secret])


@settings(max_examples=40)
@given(documents, passwords)
def test_what_holds_no_password_stays_as_it_is(document: Any, secret: str) -> None:
    if not holds(json.dumps(document), [secret]):
        assert redacted_data(document, [secret]) == document


def test_a_password_that_is_a_part_of_another_leaves_no_rest() -> None:
    assert redacted("x wordwordword-and-more y", ["wordwordword", "wordwordword-and-more"]) == (
        f"x {MARK} y"
    )


def test_an_empty_password_takes_nothing_away() -> None:
    assert redacted("as it is", [""]) == "as it is"
    assert redacted_data(["as it is"], [""]) == ["as it is"]


@given(passwords, st.sampled_from(sorted(WRITERS)))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(f" {'0' * 11}", "as it is")  # spaces before it go with its own
def test_no_file_of_a_run_holds_a_password(tmp_path: Path, secret: str, writer: str) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    evidence = Evidence(folder, Figures())
    evidence.secrets.add(secret)
    healthy = healthy_run()
    event = healthy.events[0].model_copy(
        update={"error": f"no: {WRITERS[writer](secret)}: {secret}"}
    )
    kept: ExecutionRecord = evidence.record(
        healthy.model_copy(update={"events": (event, *healthy.events[1:])})
    )
    assert (kept.events[0].error or "").startswith("no:")
    found = results.of_the_run(secret, AssertionError(f"{secret!r} or {json.dumps(secret)}"))
    evidence.write(results.without(evidence.secrets, [found]), no_rows)
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            text = gzip.decompress(content) if file.suffix == ".gz" else content
            assert not holds(text.decode(), [secret]), file


WORD = "s3cret-word"
PLACES: dict[str, dict[str, Any]] = {
    "a key": {"answer": {WORD: 1}},
    "deep": {"answer": {"a": [1, {"b": (None, [f"by {WORD}"])}]}},
    "an event": {"events": (healthy_run().events[0].model_copy(update={"error": WORD}),)},
    "no model of ours": {"answer": {"at": Path("/srv") / WORD}},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_password_is_found_wherever_it_stands_in_a_record(tmp_path: Path, place: str) -> None:
    evidence = Evidence(tmp_path, Figures())
    evidence.secrets.add(WORD)
    rules = (Rule("status", status=503),)
    request = healthy_run().request.model_copy(update={"rules": rules})
    record = healthy_run().model_copy(update={"request": request, **PLACES[place]})
    assert WORD in record.model_dump_json()
    assert WORD not in evidence.record(record).model_dump_json()
    evidence.secrets.clear()
    assert evidence.record(record) is record
