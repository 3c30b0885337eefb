"""The profile API's further ports, and the sink that refuses what wants to go outside."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from noetl_acceptance.places import ROOT
from noetl_acceptance.profile_api import CERTIFICATE_VARIABLE
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.sink import attempt
from noetl_acceptance.sandbox.proxies import proxy_variables
from noetl_acceptance.sandbox.tls import Certificate
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import HOST, ReservedPorts


@dataclass(frozen=True)
class Served:
    """A profile API with all of its ports."""

    plain: str
    second: str
    tls: str
    sink: str
    api: ProfileApi
    authority: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    certificate = Certificate.issue([HOST])
    authority = tmp_path_factory.mktemp("tls") / "authority.pem"
    certificate.write_authority(authority)
    ports = ReservedPorts(4)
    options = ("--port", "--second-port", "--tls-port", "--sink-port")
    named = [f"{option}={port}" for option, port in zip(options, ports.numbers, strict=True)]
    command = [sys.executable, "-m", "noetl_acceptance.profile_api", *named]
    environment = {**os.environ, CERTIFICATE_VARIABLE: certificate.private}
    plain, second, tls, sink = (f"http://{HOST}:{port}" for port in ports.numbers)
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        api = ProfileApi(plain)
        eventually(api.healthy, bool, seconds=20, what="the profile API answering", every=0.05)
        yield Served(plain, second, tls.replace("http", "https"), sink, api, authority)
        api.close()
        process.terminate()
        assert process.wait(timeout=5) == 0
    ports.release()


def test_two_ports_are_one_api(served: Served) -> None:
    served.api.scenario("two")
    with httpx.Client(trust_env=False) as client:
        for url in (served.plain, served.second, served.plain):
            assert client.get(f"{url}/s/two/x").is_success
    calls = served.api.journal("two")
    assert len(calls) == 3
    assert len({call.connection for call in calls}) == 2


@pytest.mark.parametrize(("http2", "protocol"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
def test_tls_speaks_what_the_client_speaks(served: Served, http2: bool, protocol: str) -> None:
    served.api.scenario(f"tls-{http2}")
    trust = ssl.create_default_context(cafile=served.authority)
    with httpx.Client(trust_env=False, http2=http2, verify=trust) as client:
        assert client.get(f"{served.tls}/s/tls-{http2}/x").is_success
    assert [call.protocol for call in served.api.journal(f"tls-{http2}")] == [protocol]


def test_who_does_not_trust_the_authority_makes_no_call(served: Served) -> None:
    served.api.scenario("distrust")
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{served.tls}/s/distrust/x")
    assert served.api.journal("distrust") == []


def test_the_sink_refuses_and_notes_what_goes_outside(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in proxy_variables(served.sink, [HOST]).items():
        monkeypatch.setenv(name, value)
    before = len(served.api.attempts())
    with httpx.Client() as client:
        assert client.get(f"{served.plain}/_control/health").is_success
        refused = client.post("http://127.0.0.9:1/secret/path", json={})
        assert refused.status_code == 403
        with pytest.raises(httpx.ProxyError):
            client.get("https://outside.invalid/x")
    assert served.api.attempts()[before:] == ["POST 127.0.0.9:1", "CONNECT outside.invalid:443"]


@pytest.mark.parametrize(
    ("head", "noted"),
    [
        (b"GET http://user:pw@host/x?secret=1 HTTP/1.1\r\n\r\n", "GET host"),
        (b"CONNECT host:443 HTTP/1.1\r\nHost: host\r\n\r\n", "CONNECT host:443"),
        (b"GET /origin-form HTTP/1.1\r\n\r\n", "unknown"),
        (b"\x16\x03\x01", "unknown"),
        (b"", "unknown"),
    ],
)
def test_an_attempt_names_method_and_host_and_no_more(head: bytes, noted: str) -> None:
    assert attempt(head) == noted


def test_the_servers_key_stays_out_of_a_repr() -> None:
    certificate = Certificate.issue([HOST])
    assert certificate.private not in repr(certificate)
