"""The client of NoETL's API: what an answer means, whoever gave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from noetl_acceptance.noetl import api as noetl_api
from noetl_acceptance.noetl.api import (
    NoAnswerError,
    NoetlApi,
    RefusedError,
    StrangeAnswerError,
    UnavailableError,
    execution_id_in,
)


def answering(monkeypatch: pytest.MonkeyPatch, response: httpx.Response) -> NoetlApi:
    """Return a client of a server that answers so to everything."""
    transport = httpx.MockTransport(lambda _: response)
    client = httpx.Client(transport=transport, base_url="http://127.0.0.1:1")
    monkeypatch.setattr(noetl_api, "_client", lambda _: client)
    return NoetlApi("http://127.0.0.1:1", ["s3cret"])


@pytest.mark.parametrize("status", [502, 503, 504])
def test_who_is_unavailable_has_not_answered(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    api = answering(monkeypatch, httpx.Response(status, text="upstream"))
    with pytest.raises(UnavailableError, match=f"was refused: {status} upstream") as raised:
        api.status("1")
    assert isinstance(raised.value, NoAnswerError)


@pytest.mark.parametrize("status", [400, 404, 409, 500, 501])
def test_another_error_is_a_refusal(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    api = answering(monkeypatch, httpx.Response(status, text="s3cret"))
    with pytest.raises(RefusedError, match=f"was refused: {status} ") as raised:
        api.execute("a/path", {})
    assert "s3cret" not in str(raised.value)


ASKED: list[Callable[[NoetlApi], Any]] = [
    lambda api: api.register_playbook("name: x"),
    lambda api: api.execute("a/path", {}),
    lambda api: api.cancel("1"),
    lambda api: api.status("1"),
]


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize("text", ["<html>s3cret, log in</html>", "[]", "null", ""])
def test_what_is_no_object_is_no_answer_of_noetls(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[NoetlApi], Any], text: str
) -> None:
    api = answering(monkeypatch, httpx.Response(200, text=text))
    with pytest.raises(StrangeAnswerError, match="was answered with no object") as raised:
        ask(api)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("answer", [{}, {"version": None}, {"version": "new"}])
def test_a_registration_that_names_no_version(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]
) -> None:
    api = answering(monkeypatch, httpx.Response(200, json=answer))
    with pytest.raises(StrangeAnswerError, match="names no version"):
        api.register_playbook("name: x")


@pytest.mark.parametrize("answer", [{}, {"execution_id": None}, {"execution_id": "x"}])
def test_an_answer_that_names_no_execution(answer: dict[str, Any]) -> None:
    with pytest.raises(StrangeAnswerError, match="names no execution id"):
        execution_id_in(answer)
    assert execution_id_in({"execution_id": "12"}) == "12"


def test_what_answers_well(monkeypatch: pytest.MonkeyPatch) -> None:
    api = answering(monkeypatch, httpx.Response(200, json={"version": 3, "status": "ok"}))
    assert api.register_playbook("name: x") == 3
    assert api.cancel("1") == {"version": 3, "status": "ok"}
    api.put_credential("name", {})
