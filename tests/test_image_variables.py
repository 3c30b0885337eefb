"""What images set for NoETL by their ENV: what is refused of it, what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from noetl_acceptance import sandbox
from noetl_acceptance.errors import UsageError
from noetl_acceptance.options import Settings, load_settings
from noetl_acceptance.sandbox.builds import image_content
from noetl_acceptance.sandbox.builds.image_content import HeldNoetl, HeldPair
from noetl_acceptance.sandbox.builds.image_variables import image_settings
from noetl_acceptance.sandbox.builds.local_image import LocalImage
from noetl_acceptance.sandbox.containers.compose import ComposeSandbox
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.redaction import MARK
from noetl_acceptance.support.settings_file import words_of_settings

Variables = Mapping[str, str]

ORDINARY = {
    "PATH": "/opt/venv/bin:/usr/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "Europe/Berlin",
    "HOME": "/root",
    "GPG_KEY": "0123ABC",
    "PYTHON_VERSION": "3.12.4",
    "PYTHON_SHA256": "0123abc",
    "PYTHONPATH": "/opt/noetl",
    "PYTHONUNBUFFERED": "1",
    "DEBIAN_FRONTEND": "noninteractive",
    "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
    "HTTP_PROXY": "http://proxy.example:3128",
    "RUST_LOG": "info",
}
"""What images set that any program may be in."""


def with_images(
    settings: Settings, server: Variables, worker: Variables, *, rust: bool
) -> Settings:
    def held(name: str, variables: Variables) -> HeldNoetl:
        image = LocalImage(name, f"sha256:{name}", (), "/app", "noetl", variables)
        return HeldNoetl(image, rust, "/app/it", "2.8.9", "")

    pair = HeldPair(held("theirs", server), held("mine", worker))
    return replace(settings, image_settings=image_settings(pair, settings))


def told(server: Variables, worker: Variables, *, rust: bool, own: str = "off") -> dict[str, str]:
    """Return what is told of the settings of a server's image and a worker's."""
    settings = load_settings({"noetl_settings": own}, {})
    return with_images(settings, server, worker, rust=rust).told_settings


PUBLISHED = (
    (
        {
            "NOETL_HOST": "0.0.0.0",  # noqa: S104 - as it is published
            "NOETL_PORT": "8082",
            "NOETL_SYSTEM_PLUGIN_DIR": "/opt/noetl/plugins",
            "RUST_LOG": "info,noetl_server=debug",
        },
        {
            "WORKER_POOL_NAME": "worker-rust-pool",
            "NOETL_SERVER_URL": "http://noetl.noetl.svc.cluster.local:8082",
            "NATS_URL": "nats://nats.nats.svc.cluster.local:4222",
            "NATS_STREAM": "NOETL_COMMANDS",
            "NATS_CONSUMER": "noetl_worker_pool",
            "WORKER_HEARTBEAT_INTERVAL": "15",
            "WORKER_MAX_CONCURRENT": "4",
            "RUST_LOG": "info,worker_pool=debug",
        },
        True,
    ),
    (
        {
            "NOETL_LOG_LEVEL": "INFO",
            "NOETL_DATA_PATH": "/opt/noetl/data",
            "NOETL_PLAYBOOKS_PATH": "/opt/noetl/playbooks",
        },
        {"PYTHONDONTWRITEBYTECODE": "1"},
        False,
    ),
    (ORDINARY, ORDINARY, True),
    (ORDINARY, ORDINARY, False),
)
"""What NoETL's own Dockerfiles set, of the server and of the worker, and whether that is Rust."""


@pytest.mark.parametrize(("server", "worker", "rust"), PUBLISHED)
def test_what_published_images_set_is_no_setting_of_ones_own(
    server: Variables, worker: Variables, *, rust: bool
) -> None:
    assert told(server, worker, rust=rust) == {}


@pytest.mark.parametrize(
    ("name", "rust", "reason"),
    [
        ("WORKER_ID", True, "told from one another"),
        ("NOETL_TLS_CERT", True, "plain HTTP"),
        ("NOETL_SHARDS", True, "a database of its own"),
        ("WORKER_MODE", True, "workers that take commands"),
        ("NOETL_SNOWFLAKE_NODE_ID", True, "told from one another"),
        ("noetl_port", True, "services listen"),
        ("WEB_CONCURRENCY", False, "one process as the server"),
        ("NATS_STREAM", False, "a message broker of its own"),
    ],
)
def test_what_the_suite_must_say_and_does_not_replace_is_refused(
    name: str, reason: str, *, rust: bool
) -> None:
    with pytest.raises(UsageError) as raised:
        told({}, {name: "not-to-be-told"}, rust=rust)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"the image mine sets {name}, which is not its to set: ")
    assert reason in line
    assert line.endswith(" - build it without that ENV")
    assert "not-to-be-told" not in line


def test_other_settings_are_told_and_those_of_the_user_win(tmp_path: Path) -> None:
    server = {"NOETL_ORPHAN_SWEEP_ENABLED": "true", "NOETL_A": "1", "NOETL_SAME": "x", "OTHER": "y"}
    worker = {"NOETL_A": "2", "NOETL_SAME": "x", "WORKER_HEARTBEAT_INTERVAL": "600"}
    own = tmp_path / "own.env"
    own.write_text("NOETL_SAME=z\nLOG_LEVEL=INFO\n")
    assert told(server, worker, rust=True, own=str(own)) == {
        "NOETL_ORPHAN_SWEEP_ENABLED": "true",
        "NOETL_A": "1, 2",
        "WORKER_HEARTBEAT_INTERVAL": "600",
        "NOETL_SAME": "z",
        "LOG_LEVEL": "INFO",
    }
    assert words_of_settings(told({"NOETL_A": "1"}, {}, rust=False)) == "NOETL_A=1"


def test_what_may_be_secret_in_an_image_is_not_told() -> None:
    given = {"NOETL_INTERNAL_API_TOKEN": "not-to-be-told"}
    settings = with_images(load_settings({}, {}), given, {}, rust=True)
    assert settings.told_settings == {"NOETL_INTERNAL_API_TOKEN": MARK}
    assert "not-to-be-told" not in repr(settings)
    (image,) = settings.image_settings
    assert list(image.secrets.values()) == ["not-to-be-told"]


def test_what_a_scenario_sets_is_not_the_images() -> None:
    settings = replace(load_settings({}, {}), worker_variables=(("NOETL_A", "1"),))
    assert with_images(settings, {}, {"NOETL_A": "2"}, rust=True).told_settings == {}


def test_a_sandbox_of_images_has_their_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image = LocalImage("mine", "sha256:1", (), "/app", "noetl", {"NOETL_A": "1"})
    held = HeldNoetl(image, True, "/app/it", "5.52.0", "")
    opened: list[Settings] = []
    monkeypatch.setattr(sandbox, "compose_problem", lambda: None)
    monkeypatch.setattr(sandbox, "_sweep", lambda _: [])
    monkeypatch.setattr(sandbox, "_sweep_projects", lambda *_: None)
    monkeypatch.setattr(image_content, "held_pair", lambda _: HeldPair(held, held))
    monkeypatch.setattr(ComposeSandbox, "open", lambda settings, *_: opened.append(settings))
    settings = load_settings({"noetl": "image:mine"}, {})
    sandbox.open_sandbox(settings, RunFolder("run", tmp_path), Console(quiet=True))
    assert [each.told_settings for each in opened] == [{"NOETL_A": "1"}]
