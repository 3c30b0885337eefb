"""A proxy stands in all links of a sandbox: nothing is missing, and each link is in the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from noetl_acceptance.bdd.session import Session
from noetl_acceptance.checks import ledger
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.link_proxy.faults import LINKS, LinkFault, Traffic
from noetl_acceptance.model.request import ExecutionRequest, Workload
from noetl_acceptance.options import load_settings
from noetl_acceptance.support.polling import eventually
from tests.live.test_lifecycle import KINDS, NO_DOCKER

SIZES = Workload(seed_rows=12, batch_size=4, max_batches=3)

SANDBOXES = [
    pytest.param(("embedded", "2.8.9"), id="embedded"),
    pytest.param(("compose", "2.8.9"), id="compose", marks=NO_DOCKER),
    pytest.param(("embedded", "rust"), id="embedded-rust"),
]


@pytest.fixture(params=SANDBOXES)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    kind, noetl = request.param
    settings = load_settings({"sandbox": kind, "noetl": noetl, "runs": str(tmp_path)})
    session = Session(replace(settings, links=True))
    session.open()
    assert session.broken is None
    yield session
    session.close(failed=False)


def by_source(session: Session) -> dict[tuple[str, str], Traffic]:
    return {(each.link, each.source): each for each in session.sandbox().sandbox.links.traffic()}


def test_an_execution_is_whole_and_each_link_is_in_the_way(session: Session) -> None:
    (recorded,) = session.execute(ExecutionRequest(workload=SIZES), seconds=120)
    assert recorded.record.end == "playbook.completed"
    assert ledger.conserved(recorded.record) == []
    assert ledger.nothing_missing(recorded.record) == []
    seen = by_source(session)
    for link in LINKS:
        passed = {source: t for (name, source), t in seen.items() if name == link}
        assert sum(each.requests_passed for each in passed.values()) > 0, link
        assert sum(each.answers_passed for each in passed.values()) > 0, link
        assert any(source.startswith(link.partition("-")[0]) for source in passed), seen
    sources = {source for _, source in seen}
    assert sources - {"unknown"} <= {"server", *(f"worker-{number}" for number in range(1, 6))}


def test_one_worker_is_cut_from_nats_and_the_others_are_not(session: Session) -> None:
    links = session.sandbox().sandbox.links
    before = by_source(session)
    links.set("worker-nats", LinkFault("cut", source="worker-2"))
    try:
        eventually(
            lambda: by_source(session)["worker-nats", "worker-2"],
            lambda now: now.cut > 0 and now.open == 0,
            seconds=30,
            what="a connection that is reset",
        )
    finally:
        links.clear()
    after = by_source(session)
    assert before["worker-nats", "worker-2"].open > 0
    assert all(after["worker-nats", f"worker-{number}"].cut == 0 for number in (1, 3, 4, 5))


def test_held_answers_leave_a_row_whose_writer_does_not_know_of_it(session: Session) -> None:
    sandbox = session.sandbox().sandbox
    if sandbox.kind != "embedded":
        pytest.skip("the links between containers are reached by containers alone")
    credential = sandbox.endpoints.credential
    place = {"host": credential["db_host"], "port": credential["db_port"]}
    through_link = make_conninfo(sandbox.endpoints.database, **place)
    with (
        psycopg.connect(through_link, autocommit=True) as writer,
        psycopg.connect(sandbox.endpoints.database, autocommit=True) as other,
        ThreadPoolExecutor() as pool,
    ):
        other.execute("CREATE TABLE public.held (number integer)")
        sandbox.links.set(
            "worker-postgres", LinkFault("silent", source="unknown", direction="answers")
        )
        try:
            written = pool.submit(writer.execute, "INSERT INTO public.held VALUES (1)")
            eventually(
                lambda: other.execute("SELECT count(*) FROM public.held").fetchone(),
                lambda row: row == (1,),
                seconds=20,
                what="the row, for another session",
            )
            time.sleep(0.5)
            assert not written.done()
        finally:
            sandbox.links.clear()
        assert written.result(timeout=20).rowcount == 1


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_proxy_a_sandbox_has_none(kind: str, tmp_path: Path) -> None:
    session = Session(load_settings({"sandbox": kind, "runs": str(tmp_path)}))
    session.open()
    try:
        sandbox = session.sandbox().sandbox
        assert "links" not in {state.name for state in sandbox.states()}
        with pytest.raises(SuiteError, match="without a proxy in its links"):
            _ = sandbox.links
    finally:
        session.close(failed=False)
