"""How live tests end, and which run where one sandbox is enough."""

from __future__ import annotations

import math
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.sandbox import postgres
from noetl_acceptance.sandbox.local import postgres_cluster
from noetl_acceptance.sandbox.local.processes import stop_all
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.ports import ReservedPorts

PASSWORD = "of-this-test-only"  # noqa: S105 - a database that lives for seconds

# Some tests have a sandbox in pytest's own process, which a TERM would end without its `finally`.
# A run of the live tests that is ended takes its sandboxes down.
signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that make a proof of every commit shorter."""
    told = "of a test that runs on both kinds of sandbox, run the one on compose; none of chance"
    parser.addoption("--one-sandbox", action="store_true", help=told)
    drawn = "run one N-th of the tests; the commit draws which"
    parser.addoption("--part-of", type=int, default=1, metavar="N", help=drawn)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs on embedded, where the same test runs on compose as well.

    So is what NoETL may fail by chance: it says nothing of a change to the suite. Of what is left
    one part is drawn, where that was asked for.
    """
    out: list[pytest.Item] = []
    if config.getoption("--one-sandbox"):
        on_compose = {_test_of(item) for item in items if "[compose" in item.nodeid}
        twice = [item for item in items if "[embedded" in item.nodeid]
        out += [item for item in twice if _test_of(item) in on_compose]
        out += [item for item in items if item.get_closest_marker("chance")]
    if (parts := config.getoption("--part-of")) > 1:
        left = sorted({_test_of(item) for item in items if item not in out})
        draw = random.Random(current_commit().removesuffix("+"))  # noqa: S311 - no secret
        kept = draw.sample(left, math.ceil(len(left) / parts))
        out += [item for item in items if item not in out and _test_of(item) not in kept]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


def _test_of(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A Postgres of the tests of one module, which make their tables themselves."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    programs = postgres_cluster.binaries(folder)
    postgres_cluster.initialise(programs, folder / "cluster", PASSWORD, environment)
    ports = ReservedPorts(1)
    (port,) = ports.numbers
    service = postgres_cluster.start(
        programs, folder / "cluster", port, environment, folder / "log"
    )
    try:
        conninfo = postgres.conninfo(port, PASSWORD, "postgres")
        eventually(lambda: postgres.answers(conninfo), bool, seconds=60, what="Postgres")
        yield conninfo
    finally:
        stop_all([service])
        ports.release()
        shutil.rmtree(folder)
