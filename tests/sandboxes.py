"""What the tests know of sandboxes that are up: made up, nothing runs."""

from __future__ import annotations

from pathlib import Path

from noetl_acceptance.sandbox.ledgers import Entry, Kept, KeptService
from noetl_acceptance.sandbox.owner import Owner
from noetl_acceptance.sandbox.protocol import Endpoints, RunFolder

PASSWORD = "s3cret-of-the-run"  # noqa: S105 - made up

KEPT = Kept(
    kind="embedded",
    since=1_800_000_000.0,
    noetl="2.8.9",
    workers=2,
    worker_inflight=1,
    noetl_version="2.8.9",
    noetl_origin="",
    endpoints=Endpoints(
        noetl="http://127.0.0.1:8082",
        profile_api="http://127.0.0.1:8080",
        profile_api_inside="http://profile-api:8080",
        profile_api_second="http://profile-api:8081",
        profile_api_tls="https://profile-api:8443",
        database=f"host=127.0.0.1 port=5432 user=noetl password={PASSWORD} dbname=noetl",
        credential={"db_host": "postgres", "db_password": PASSWORD},
    ),
    services=(KeptService(name="server", pid=11), KeptService(name="worker-1", pid=12)),
)


def entry(folder: Path, kept: Kept = KEPT) -> Entry:
    """Return what the ledger has of a kept sandbox whose run's folder is that."""
    place = RunFolder("20270115-080000-abc123", folder)
    secrets = {"postgres": PASSWORD, "nats": PASSWORD}
    return Entry(place=place, owner=Owner.here(), data=place.data, secrets=secrets, kept=kept)
