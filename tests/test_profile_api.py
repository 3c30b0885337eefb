"""The mock profile API over real connections: answers, rules, journal."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import ROOT
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.hard_data import SETS
from noetl_acceptance.profile_api.journal import Call, Counts, Journal
from noetl_acceptance.profile_api.rules import KINDS, Rule, decide
from noetl_acceptance.support.polling import eventually
from tests.runs import call_of


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "noetl_acceptance.profile_api", f"--port={port}"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        base = f"http://127.0.0.1:{port}"
        api = ProfileApi(base)
        eventually(api.healthy, bool, seconds=20, what="the profile API answering", every=0.05)
        api.close()
        yield base
        process.terminate()
        assert process.wait(timeout=5) == 0


@pytest.fixture
def api(url: str) -> Iterator[ProfileApi]:
    api = ProfileApi(url)
    yield api
    api.close()


def get(
    url: str, scenario: str, traveler: int, *, patience: float = 1, **more: str
) -> httpx.Response:
    params = {"traveler_id": str(traveler), "traveler_name": f"T{traveler}", **more}
    with httpx.Client(trust_env=False, timeout=httpx.Timeout(1, read=patience)) as client:
        return client.get(f"{url}/s/{scenario}/profile", params=params)


def leave(url: str, api: ProfileApi, scenario: str, traveler: int, patience: float) -> Counts:
    """Call, give up after so many seconds, and return the counts when the call has departed."""
    before = api.counts(scenario).calls
    with pytest.raises(httpx.ReadTimeout):
        get(url, scenario, traveler, patience=patience)
    return eventually(
        lambda: api.counts(scenario),
        lambda counts: counts == Counts(calls=before + 1, open=0),
        seconds=2,
        what="the call departing",
    )


def only(calls: list[Call]) -> Call:
    assert len(calls) == 1
    return calls[0]


def test_an_answer_is_like_httpbins(url: str, api: ProfileApi) -> None:
    api.scenario("plain")
    name = " {{ 'ü' }} % 🙂 "
    document = get(url, "plain", 7, traveler_name=name).json()
    assert document["args"] == {"traveler_id": "7", "traveler_name": name}
    assert document["method"] == "GET"
    assert document["json"] is None
    assert "Host" in document["headers"]
    assert document["url"].startswith(f"{url}/s/plain/profile?")
    call = only(api.journal("plain"))
    assert (call.traveler_id, call.traveler_name) == (7, name)
    assert (call.status, call.answer, call.protocol) == (200, "good", "HTTP/1.1")
    assert call.departed is not None
    assert call.arrived <= call.departed
    assert call.user_agent is not None
    assert call.scenario == "plain"
    assert document["headers"]["X-Amzn-Trace-Id"] == call.trace


def test_a_body_may_name_the_traveler(url: str, api: ProfileApi) -> None:
    api.scenario("post", id_parameter="who")
    document = httpx.post(f"{url}/s/post/x", json={"who": 5}, trust_env=False).json()
    assert document["json"] == {"who": 5}
    assert document["data"] == '{"who":5}'
    assert only(api.journal("post")).traveler_id == 5


def test_a_form_may_name_the_traveler(url: str, api: ProfileApi) -> None:
    api.scenario("form")
    document = httpx.post(f"{url}/s/form/x", data={"traveler_id": "6"}, trust_env=False).json()
    assert (document["form"], document["data"]) == ({"traveler_id": "6"}, "")
    assert only(api.journal("form")).traveler_id == 6


def test_every_call_has_a_trace_of_its_own(url: str, api: ProfileApi) -> None:
    api.scenario("traces")
    for _ in range(3):
        get(url, "traces", 1)
    assert len({call.trace for call in api.journal("traces")}) == 3


def test_journals_never_mix(url: str, api: ProfileApi) -> None:
    api.scenario("one")
    api.scenario("two")
    get(url, "one", 1)
    get(url, "two", 2)
    assert [call.traveler_id for call in api.journal("one")] == [1]
    assert [call.traveler_id for call in api.journal("two")] == [2]


def test_a_journal_is_read_from_a_number_on(url: str, api: ProfileApi) -> None:
    api.scenario("since")
    for traveler in (1, 2, 3):
        get(url, "since", traveler)
    assert [call.number for call in api.journal("since", since=2)] == [3]


def test_calls_outside_of_scenarios_are_strays(url: str, api: ProfileApi) -> None:
    for path in ("/elsewhere", "/s/nobody/profile"):
        assert httpx.get(f"{url}{path}", trust_env=False).status_code == 404
        assert f"GET {path}" in api.strays()


def test_http_2_is_spoken_and_noted(url: str, api: ProfileApi) -> None:
    api.scenario("h2")
    with httpx.Client(http1=False, http2=True, trust_env=False) as client:
        assert client.get(f"{url}/s/h2/x?traveler_id=1").http_version == "HTTP/2"
    assert only(api.journal("h2")).protocol == "HTTP/2"


def test_a_status_for_the_first_call_only(url: str, api: ProfileApi) -> None:
    api.scenario("status", [Rule("status", travelers=(2,), first=1, status=429)])
    assert [get(url, "status", i).status_code for i in (1, 2, 2)] == [200, 429, 200]
    assert [(c.status, c.answer) for c in api.journal("status")] == [
        (200, "good"),
        (429, "status"),
        (200, "good"),
    ]


def test_a_malformed_body(url: str, api: ProfileApi) -> None:
    api.scenario("malformed", [Rule("malformed")])
    answer = get(url, "malformed", 1)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()
    assert only(api.journal("malformed")).answer == "malformed"


def test_a_profile_of_nobody(url: str, api: ProfileApi) -> None:
    api.scenario("nobody", [Rule("nobody")])
    answer = get(url, "nobody", 1)
    assert (answer.status_code, answer.json()) == (200, {})
    assert only(api.journal("nobody")).answer == "nobody"


def test_a_closed_connection(url: str, api: ProfileApi) -> None:
    api.scenario("close", [Rule("close")])
    with pytest.raises(httpx.RemoteProtocolError):
        get(url, "close", 1)
    call = only(api.journal("close"))
    assert (call.status, call.answer) == (None, "close")


def test_no_answer_until_the_client_leaves(url: str, api: ProfileApi) -> None:
    api.scenario("never", [Rule("never")])
    leave(url, api, "never", 1, patience=1)
    call = only(api.journal("never"))
    assert call.departed is not None
    assert (call.status, call.answer) == (None, "abandoned")


def test_answers_are_held_back_from_a_call_on_until_they_are_let_go(
    url: str, api: ProfileApi
) -> None:
    api.scenario("held")
    api.hold("held", 2)
    assert get(url, "held", 1).status_code == 200
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(get, url, "held", traveler) for traveler in (2, 3)]
        eventually(
            lambda: api.counts("held"), lambda it: it.open == 2, seconds=10, what="two calls"
        )
        time.sleep(0.1)
        assert api.counts("held") == Counts(calls=3, open=2)
        api.release("held")
        assert [each.result().status_code for each in answers] == [200, 200]
    assert [call.answer for call in api.journal("held")] == ["good", "good", "good"]
    api.release("held")  # once more does no harm


def test_calls_that_are_in_flight_when_answers_are_held_back_are_held_as_well(
    url: str, api: ProfileApi
) -> None:
    """Else the one that a fault is to meet may be over by then."""
    api.scenario("flying", [Rule("delay", seconds=0.5)])
    api.hold("flying", 2)
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(get, url, "flying", each, patience=10) for each in (1, 2)]
        eventually(
            lambda: api.counts("flying"), lambda it: it.open == 2, seconds=10, what="two calls"
        )
        time.sleep(1)
        assert api.counts("flying") == Counts(calls=2, open=2)
        api.release("flying")
        assert [each.result().status_code for each in answers] == [200, 200]


def test_who_leaves_while_the_answer_is_held_back_gets_none(url: str, api: ProfileApi) -> None:
    api.scenario("left")
    api.hold("left", 1)
    leave(url, api, "left", 1, patience=0.3)
    assert only(api.journal("left")).answer == "abandoned"


def test_another_travelers_answer(url: str, api: ProfileApi) -> None:
    api.scenario("other", [Rule("other_traveler", travelers=(4,))])
    answer = get(url, "other", 4).json()
    assert answer["args"] == {"traveler_id": "40", "traveler_name": "T4"}
    assert "traveler_id=40&" in answer["url"]
    assert only(api.journal("other")).answer == "other_traveler"
    api.scenario("next", [Rule("other_traveler", travelers=(5,))])
    assert get(url, "next", 5).json()["args"] == {"traveler_id": "6", "traveler_name": "T5"}
    for body in ({"json": {"traveler_id": 4}}, {"data": {"traveler_id": "4"}}):
        answer = httpx.post(f"{url}/s/other/x", trust_env=False, **body).json()
        said = answer["json"] or answer["form"]
        assert str(said["traveler_id"]) == "40"
        assert '4"' not in answer["data"]


def test_a_delay_goes_with_another_rule(url: str, api: ProfileApi) -> None:
    api.scenario("slow", [Rule("delay", seconds=0.2), Rule("status", status=503)])
    assert get(url, "slow", 1).status_code == 503
    call = only(api.journal("slow"))
    assert call.departed is not None
    assert call.departed - call.arrived >= 0.2


def test_500_calls_are_in_flight_at_once(url: str, api: ProfileApi) -> None:
    api.scenario("many", [Rule("delay", seconds=1.5)])
    port = int(url.rsplit(":", 1)[1])

    async def call(traveler: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        path = f"/s/many/x?traveler_id={traveler}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer

    async def all_calls() -> list[bytes]:
        return await asyncio.gather(*(call(traveler) for traveler in range(500)))

    answers = asyncio.run(all_calls())
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    calls = api.journal("many")
    records = [record for record in calls if record.answer == "good"]
    assert len(records) == 500
    assert len({record.connection for record in records}) == 500
    first_departed = min(record.departed or 0.0 for record in records)
    assert max(record.arrived for record in records) < first_departed


def test_calls_are_counted_without_the_journal(url: str, api: ProfileApi) -> None:
    api.scenario("counts", [Rule("never", travelers=(2,))])
    assert api.counts("counts") == Counts(calls=0, open=0)
    get(url, "counts", 1)
    assert api.counts("counts") == Counts(calls=1, open=0)
    assert leave(url, api, "counts", 2, patience=0.1) == Counts(calls=2, open=0)


def test_a_call_is_open_until_it_departs() -> None:
    journal, call = Journal(), journalled_call()
    journal.open(call)
    assert journal.counts() == Counts(calls=1, open=1)
    call.departed = 2.0
    assert journal.counts() == Counts(calls=1, open=0)


def journalled_call() -> Call:
    plain = call_of(1, 1, 1.0, 2.0).model_dump()
    return Call(**{**plain, "scenario": "x", "departed": None})


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of rule 'explode'"):
        Rule("explode")


def test_an_api_that_is_not_there_is_the_sandboxs_fault() -> None:
    api = ProfileApi("http://127.0.0.1:9")
    assert not api.healthy()
    with pytest.raises(SandboxError, match="did not answer"):
        api.strays()
    api.close()


rules = st.builds(
    Rule,
    kind=st.sampled_from(KINDS),
    travelers=st.none() | st.lists(st.integers(1, 5), max_size=3).map(tuple),
    first=st.none() | st.integers(1, 3),
    seconds=st.floats(0, 9),
    status=st.sampled_from([429, 500]),
)


@given(st.lists(rules, max_size=5), st.integers(1, 5), st.integers(1, 4))
def test_delays_add_up_and_the_first_other_rule_answers(
    given_rules: list[Rule], traveler: int, count: int
) -> None:
    decision = decide(given_rules, traveler, count)
    holding = [rule for rule in given_rules if rule.holds(traveler, count)]
    assert decision.delay == sum(rule.seconds for rule in holding if rule.kind == "delay")
    hard = (rule.data for rule in holding if rule.kind == "hard_data")
    assert decision.hard_data == next(hard, None)
    spoiling = (rule for rule in holding if rule.kind not in ("delay", "hard_data"))
    assert decision.spoils == next(spoiling, None)


@given(rules)
def test_a_rule_goes_to_json_and_back(rule: Rule) -> None:
    assert Rule.from_json(rule.to_json()) == rule


@pytest.mark.parametrize("number", SETS)
def test_hard_data_stands_in_good_answers_only(url: str, api: ProfileApi, number: int) -> None:
    name = f"hard{number}"
    api.scenario(name, [Rule("hard_data", data=number), Rule("nobody", travelers=(2,))])
    assert get(url, name, 1).json()["profile"] == SETS[number]
    assert get(url, name, 2).json() == {}
    assert [call.answer for call in api.journal(name)] == ["good", "nobody"]
