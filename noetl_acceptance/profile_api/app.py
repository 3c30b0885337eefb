"""The mock profile API: answers like httpbin's ``/anything`` and keeps a journal."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from noetl_acceptance.profile_api.hard_data import PROFILE, SETS
from noetl_acceptance.profile_api.journal import TRACE_PREFIX, Call, Journal
from noetl_acceptance.profile_api.rules import Rule, decide

JSON = "application/json"
TRACE_HEADER = "X-Amzn-Trace-Id"
"""The header that the public endpoint shows in its answers, unique to each call."""


HELD_EVERY = 0.02
"""Seconds between two looks whether an answer is still held back."""


@dataclass
class Scenario:
    """How one scenario is answered, and what it called.

    ``held_from``: answers are held back once so many calls have arrived; None where they are not.
    """

    rules: list[Rule] = field(default_factory=list)
    id_parameter: str = "traveler_id"
    name_parameter: str = "traveler_name"
    journal: Journal = field(default_factory=Journal)
    held_from: int | None = None

    @property
    def holds(self) -> bool:
        """Whether answers are held back now: so many calls have arrived, and none gets away."""
        return self.held_from is not None and len(self.journal.calls) >= self.held_from


class ProfileApi:
    """The ASGI application below ``/s/SCENARIO``; a call of no known scenario is a stray."""

    def __init__(self) -> None:
        self.scenarios: dict[str, Scenario] = {}
        self.strays: list[str] = []

    def stray(self, request: Request) -> Response:
        """Note a call that belongs to no scenario, and refuse it."""
        self.strays.append(f"{request.method} {request.url.path}")
        return JSONResponse({"error": "no scenario has this path"}, status_code=404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call and keep it in the journal."""
        arrived = time.time()
        request = Request(scope, receive)
        name = request.path_params["scenario"]
        scenario = self.scenarios.get(name)
        if scenario is None:
            await self.stray(request)(scope, receive, send)
            return
        try:
            content, left = await request.body(), False
        except ClientDisconnect:
            content, left = b"", True
        document = _json(content)
        arguments = _query(request)
        form = _form(request, content)
        asked = {**(document if isinstance(document, dict) else {}), **form, **arguments}
        call = _call(scope, request, name, arrived)
        call.traveler_id = _whole(asked.get(scenario.id_parameter))
        wanted = asked.get(scenario.name_parameter)
        call.traveler_name = None if wanted is None else str(wanted)
        count = scenario.journal.open(call)
        decision = decide(scenario.rules, call.traveler_id, count)
        rule = decision.spoils
        waits = None if rule is not None and rule.kind == "never" else decision.delay
        try:
            left = left or await _client_left(receive, waits)
            while not left and scenario.holds:
                left = await _client_left(receive, HELD_EVERY)
            if left:
                call.answer = "abandoned"
                return
            body = _anything(request, arguments, content, document)
            if rule is not None and rule.kind == "other_traveler":
                _make_anothers(body, call, scenario)
            if decision.hard_data is not None:
                body[PROFILE] = SETS[decision.hard_data]
            body["headers"][TRACE_HEADER] = call.trace
            await _answer(call, rule, body, send)
        except OSError:
            call.answer = "abandoned"
        finally:
            call.departed = call.departed or time.time()


async def _answer(call: Call, rule: Rule | None, body: dict[str, Any], send: Send) -> None:
    content, status = json.dumps(body).encode(), 200
    if rule is not None and rule.kind == "status":
        content, status = json.dumps({"error": "as the scenario asks"}).encode(), rule.status
    elif rule is not None and rule.kind == "malformed":
        content = b'{"args": {"traveler_id": '
    elif rule is not None and rule.kind == "nobody":
        content = b"{}"
    length = len(content)
    cut = rule is not None and rule.kind == "close"
    headers = [(b"content-type", JSON.encode()), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    call.departed = time.time()  # before it is handed over: the client may go on at once
    # A body shorter than announced makes the server close the connection.
    await send(
        {
            "type": "http.response.body",
            "body": content[: length // 2] if cut else content,
            "more_body": cut,
        }
    )
    call.status = None if cut else status
    call.answer = rule.kind if rule is not None else "good"


async def _client_left(receive: Receive, seconds: float | None) -> bool:
    """Wait so many seconds (None: for ever); return whether the client has left by then."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _call(scope: Scope, request: Request, scenario: str, arrived: float) -> Call:
    host, port = scope.get("client") or ("", 0)
    version = str(scope.get("http_version", "1.1"))
    query = f"?{request.url.query}" if request.url.query else ""
    return Call(
        number=0,
        scenario=scenario,
        arrived=arrived,
        departed=None,
        traveler_id=None,
        traveler_name=None,
        method=request.method,
        path=request.url.path + query,
        status=None,
        answer="open",
        trace=f"{TRACE_PREFIX}{secrets.token_hex(12)}",
        connection=f"{host}:{port}",
        protocol="HTTP/2" if version.startswith("2") else f"HTTP/{version}",
        user_agent=request.headers.get("user-agent"),
    )


def _query(request: Request) -> dict[str, Any]:
    """Return the query's parameters; one given several times is a list, as at httpbin."""
    pairs = parse_qs(request.url.query, keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in pairs.items()}


def _form(request: Request, content: bytes) -> dict[str, Any]:
    """Return the fields of a form-encoded body; none for any other body."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    pairs = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in pairs.items()}


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and text.isascii() else None


def _make_anothers(body: dict[str, Any], call: Call, scenario: Scenario) -> None:
    """Turn an answer into the one about another traveler, wherever the call named its own.

    He has the same name: who compares less than the id is deceived. To an odd id comes the next
    one, as a mix-up within a batch would give, to an even one an id that begins alike.
    """
    own = call.traveler_id or 1
    wrong = {scenario.id_parameter: own + 1 if own % 2 else own * 10}
    for place in ("args", "form", "json"):
        said = body[place]
        if isinstance(said, dict):
            texts = {k: v if place == "json" else str(v) for k, v in wrong.items() if k in said}
            body[place] = {**said, **texts}
    if isinstance(body["json"], dict):
        body["data"] = json.dumps(body["json"])
    if body["args"]:
        body["url"] = f"{body['url'].partition('?')[0]}?{urlencode(body['args'], doseq=True)}"


def _anything(
    request: Request, arguments: Mapping[str, Any], content: bytes, document: Any
) -> dict[str, Any]:
    form = _form(request, content)
    return {
        "args": dict(arguments),
        "data": "" if form else content.decode("utf-8", "replace"),
        "files": {},
        "form": form,
        "headers": {name.title(): value for name, value in request.headers.items()},
        "json": document,
        "method": request.method,
        "origin": request.client.host if request.client else "",
        "url": str(request.url),
    }
