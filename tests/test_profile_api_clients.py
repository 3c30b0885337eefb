"""Clients of the profile API that leave in mid-call, or have no business in its control."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import h2.connection
import httpx
import pytest

from noetl_acceptance.checks import calls
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.model.record import Call as RecordedExecution
from noetl_acceptance.places import ROOT
from noetl_acceptance.profile_api import CONTROL_HEADER, CONTROL_VARIABLE
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.journal import Call
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.support.polling import eventually
from tests.runs import healthy_run
from tests.test_checks import change_call

TOKEN = "of-this-test-alone"  # noqa: S105 - not a password of anybody's


@dataclass(frozen=True)
class Served:
    """A profile API whose control asks for a token."""

    port: int
    api: ProfileApi
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("api") / "log"
    command = [sys.executable, "-m", "noetl_acceptance.profile_api", f"--port={port}"]
    environment = {**os.environ, CONTROL_VARIABLE: TOKEN}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output
        ) as process,
        closing(ProfileApi(f"http://127.0.0.1:{port}", TOKEN)) as api,
    ):
        eventually(api.healthy, bool, seconds=20, what="the profile API answering", every=0.05)
        yield Served(port, api, log)
        process.terminate()
        assert process.wait(timeout=5) == 0


def close(client: socket.socket) -> None:
    client.close()


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def half_close(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)
    client.close()


LEAVES = [close, reset, half_close]
PART = b"POST /s/%b/x?traveler_id=7 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
WHOLE = b"GET /s/%b/x?traveler_id=7 HTTP/1.1\r\nHost: x\r\n\r\n"


def departed(api: ProfileApi, scenario: str) -> Call:
    return eventually(
        lambda: api.journal(scenario),
        lambda found: bool(found) and found[-1].departed is not None,
        seconds=5,
        what="the call departing",
        every=0.02,
    )[-1]


def assert_broken_off(served: Served, scenario: str) -> None:
    call = departed(served.api, scenario)
    assert (call.answer, call.status, call.traveler_id) == ("abandoned", None, 7)
    assert not RecordedExecution.model_validate(call, from_attributes=True).good
    served.api.healthy()  # it has written what it had to say
    assert "Traceback" not in served.log.read_text()


@pytest.mark.parametrize("leave", LEAVES)
def test_a_client_that_leaves_within_its_request(
    served: Served, leave: Callable[[socket.socket], None]
) -> None:
    name = f"within-{leave.__name__}"
    served.api.scenario(name)
    client = socket.create_connection(("127.0.0.1", served.port))
    client.sendall(PART % name.encode())
    eventually(served.api.healthy, bool, seconds=5, what="the request being read")
    leave(client)
    assert_broken_off(served, name)


@pytest.mark.parametrize("leave", LEAVES)
def test_a_client_that_leaves_before_the_answer(
    served: Served, leave: Callable[[socket.socket], None]
) -> None:
    name = f"before-{leave.__name__}"
    served.api.scenario(name, [Rule("delay", seconds=5)])
    client = socket.create_connection(("127.0.0.1", served.port))
    client.sendall(WHOLE % name.encode())
    eventually(lambda: served.api.journal(name), bool, seconds=5, what="the call", every=0.02)
    leave(client)
    assert_broken_off(served, name)


def test_a_client_that_resets_its_stream(served: Served) -> None:
    served.api.scenario("stream", [Rule("delay", seconds=5)])
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        connection = h2.connection.H2Connection()
        connection.initiate_connection()
        path = "/s/stream/x?traveler_id=7"
        names = (":method", ":path", ":authority", ":scheme")
        headers = zip(names, ("GET", path, "x", "http"), strict=True)
        connection.send_headers(1, list(headers), end_stream=True)
        client.sendall(connection.data_to_send())
        eventually(lambda: served.api.journal("stream"), bool, seconds=5, what="the call")
        connection.reset_stream(1)
        client.sendall(connection.data_to_send())
        assert_broken_off(served, "stream")


def test_a_client_that_leaves_within_its_order(served: Served) -> None:
    client = socket.create_connection(("127.0.0.1", served.port))
    client.sendall(
        b"PUT /_control/scenarios/order HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"%b: %b\r\n\r\n{" % (CONTROL_HEADER.encode(), TOKEN.encode())
    )
    served.api.healthy()
    client.close()
    served.api.strays()
    assert "Traceback" not in served.log.read_text()
    with pytest.raises(SandboxError, match="404"):
        served.api.journal("order")


@pytest.mark.parametrize("said", [{}, {CONTROL_HEADER: "another"}, {CONTROL_HEADER: "\xe4"}])
def test_who_has_no_token_reads_and_changes_nothing_and_is_a_stray(
    served: Served, said: dict[str, str]
) -> None:
    served.api.forget("guarded")
    served.api.scenario("guarded")
    httpx.get(f"{served.url}/s/guarded/x?traveler_id=1", trust_env=False)
    headers = {name.encode(): value.encode("latin-1") for name, value in said.items()}
    orders = [
        ("GET", "/_control/scenarios/guarded/journal"),
        ("GET", "/_control/scenarios/guarded/counts"),
        ("GET", "/_control/strays"),
        ("GET", "/_control/attempts"),
        ("PUT", "/_control/scenarios/guarded"),
        ("DELETE", "/_control/scenarios/guarded"),
    ]
    before = len(served.api.strays())
    for method, path in orders:  # each on a connection of its own: a refusal may end one
        content = json.dumps({"rules": []}) if method == "PUT" else None
        url = f"{served.url}{path}"
        answer = httpx.request(method, url, headers=headers, content=content, trust_env=False)
        assert answer.status_code == 404
    assert httpx.get(f"{served.url}/_control/health", trust_env=False).is_success
    assert served.api.strays()[before:] == [f"{method} {path}" for method, path in orders]
    assert len(served.api.journal("guarded")) == 1


def test_a_call_that_broke_off_may_be_repeated_and_is_no_answer() -> None:
    run = healthy_run()
    broken = change_call(run, 3, answer="abandoned", status=None)
    first = next(call for call in broken.outcome.calls if call.traveler_id == 3)
    again = next(call for call in run.outcome.calls if call.traveler_id == 3).model_copy(
        update={"number": 9999, "arrived": first.departed, "departed": (first.departed or 0) + 1}
    )
    outcome = broken.outcome.model_copy(update={"calls": (*broken.outcome.calls, again)})
    repeated = broken.model_copy(update={"outcome": outcome})
    assert calls.exactly_once(repeated) == []
    assert calls.answers_stored(repeated) == []
    nameless = first.model_copy(update={"traveler_id": None, "number": 9998})
    outcome = outcome.model_copy(update={"calls": (*outcome.calls, nameless)})
    assert calls.exactly_once(repeated.model_copy(update={"outcome": outcome})) == []
    assert {finding.kind for finding in calls.answers_stored(broken)} == {"row-without-answer"}
