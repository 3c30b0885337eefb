"""Images under test: what names them, what stands in for the suite's own, why one cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from docker.errors import APIError

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.rust import DRIVE, origin_under
from noetl_acceptance.generations.services import Backends, Surroundings
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox.builds import image_content, local_image
from noetl_acceptance.sandbox.builds.asked import build_of
from noetl_acceptance.sandbox.builds.image_build import ImageBuild
from noetl_acceptance.sandbox.builds.image_content import NOBODY, HeldNoetl, HeldPair, held_pair
from noetl_acceptance.sandbox.builds.image_services import compose_services
from noetl_acceptance.sandbox.builds.installed import installed
from noetl_acceptance.sandbox.builds.local_image import LocalImage, find_image, refusal
from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.problem import Problem
from noetl_acceptance.support.console import Console

QUIET = Console(quiet=True)
DIGEST = f"sha256:{'a' * 64}"
SURROUNDINGS = Surroundings(
    Backends("postgres", 5432, "nats", 4222, "one", "two"),
    "http://server:8082",
    ("0.0.0.0", 8082),  # noqa: S104 - an example
    "/data",
    "key",
)


def image(name: str = "mine:1", user: str = "", entry: tuple[str, ...] = ()) -> LocalImage:
    return LocalImage(name, f"sha256:{'b' * 64}", entry, "/app", user)


@pytest.mark.parametrize(
    "name", ["mine", "mine:1", "registry.example:5000/team/mine", f"mine:1@{DIGEST}"]
)
def test_an_image_is_the_servers_and_the_workers_unless_another_is_named(name: str) -> None:
    assert build_of(f"image:{name}") == ImageBuild(name, name)
    assert build_of(f"image:{name}", "image:theirs") == ImageBuild(name, "theirs")


@pytest.mark.parametrize("name", ["", "--privileged", "two words", "mine@sha256:abc", "mine;ls"])
def test_what_is_no_image_is_one_line(name: str) -> None:
    with pytest.raises(UsageError, match=r"names no image - give image:NAME") as raised:
        build_of(f"image:{name}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("userdata", "words"),
    [
        ({"noetl": "image:mine", "sandbox": "embedded"}, "embedded sandbox has none"),
        ({"noetl_worker": "image:mine"}, "add -D noetl=image:"),
        ({"noetl": "image:mine", "noetl_worker": "mine"}, "it takes image:NAME, or same"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(userdata: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_settings(userdata, {})
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_image_runs_in_containers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="containers alone"):
        installed(ImageBuild("mine", "mine"), QUIET)
    problem = Problem("no engine answers", "start it")
    monkeypatch.setattr(engine, "compose_problem", lambda: problem)
    with pytest.raises(UsageError, match=r"compose sandbox alone: no engine answers - .*doctor"):
        held_pair(ImageBuild("mine", "mine"))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "pull access denied for mine, repository does not exist or may require 'docker login'",
            "its registry refuses it: pull access denied",
        ),
        ("unauthorized: authentication required", "refuses it: unauthorized"),
        ("toomanyrequests: You have reached your pull rate limit", "refuses it: toomanyrequests"),
        ("Error response from daemon: no such manifest: mine:1", "registry: no such manifest"),
        ("no matching manifest for linux/arm64 in the manifest list", "another architecture"),
        ('Get "https://r.example/v2/": dial tcp: no such host', "does not answer: Get"),
        ("", "does not answer: nothing was said"),
        (
            "invalid reference format: repository name must be lowercase",
            "mine:1 names no image: inv",
        ),
        (
            "write /var/lib/docker/tmp/x: no space left on device",
            "the disk filled up while pulling",
        ),
        (
            'Get "https://r.example/v2/": tls: failed to verify certificate: x509: not found',
            "does not trust the registry of mine:1: Get",
        ),
        ("http: server gave HTTP response to HTTPS client", "does not trust the registry"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_one_line_with_a_remedy(
    output: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_image, "_platform", lambda: "linux/amd64")
    told = str(refusal("mine:1", output))
    assert words in told
    assert " - " in told
    assert "\n" not in told


def test_an_image_of_another_architecture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"Os": "linux", "Architecture": "s390x", "Id": DIGEST, "Config": {}}
    monkeypatch.setattr(local_image, "_inspect", lambda _: found)
    monkeypatch.setattr(local_image, "_platform", lambda: "linux/amd64")
    with pytest.raises(UsageError, match=r"mine is of linux/s390x, and this engine runs linux/am"):
        find_image("mine", QUIET)
    found["Architecture"] = "amd64"
    there = find_image("mine", QUIET)
    assert (there.entry, there.folder, there.by_root, there.path) == ((), "/", True, [])
    found["Config"] = {"Env": ["A=1", "PATH=/srv/bin:/usr/bin"]}
    assert find_image("mine", QUIET).path == ["/srv/bin", "/usr/bin"]


def held(
    *,
    rust: bool,
    program: str,
    user: str = NOBODY,
    of: LocalImage | None = None,
    release: str = "2.8.9",
) -> HeldNoetl:
    return HeldNoetl(of or image(), rust, program, release, user)


@pytest.mark.parametrize(
    ("server", "worker", "words"),
    [
        (
            held(rust=True, program="/app/noetl-control-plane"),
            held(rust=False, program="python"),
            "is a Rust program, and the worker of theirs a Python package - give two of one gener",
        ),
        (
            held(rust=False, program="python", release="4.26.0"),
            held(rust=False, program="python", release="2.8.9"),
            "server of mine is NoETL 4.26.0, and the worker of theirs NoETL 2.8.9 - give two of",
        ),
    ],
)
def test_images_that_are_no_pair_are_refused(
    server: HeldNoetl, worker: HeldNoetl, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"server": server, "worker": worker}
    monkeypatch.setattr(image_content, "_held", lambda _, part: parts[part])
    monkeypatch.setattr(engine, "compose_problem", lambda: None)
    with pytest.raises(UsageError) as raised:
        held_pair(ImageBuild("mine", "theirs"))
    assert words in str(raised.value)


def test_images_stand_in_for_the_suites_own() -> None:
    pair = HeldPair(
        held(rust=True, program="/app/noetl-control-plane"),
        held(rust=True, program="/a$b/noetl-worker", user="", of=image(user="noetl")),
    )

    class Loader(yaml.SafeLoader):
        """Knows compose's own tag."""

    Loader.add_constructor("!reset", lambda *_: "reset")
    services = yaml.load(compose_services(pair, SURROUNDINGS), Loader)["services"]  # noqa: S506
    assert services["server"] == {
        "image": f"sha256:{'b' * 64}",
        "entrypoint": ["/app/noetl-control-plane"],
        "command": "reset",
        "user": NOBODY,
        "environment": {"HOME": "/tmp"},  # noqa: S108
    }
    assert services["worker"] == {
        "image": f"sha256:{'b' * 64}",
        "entrypoint": ["/a$$b/noetl-worker"],
        "command": "reset",
    }


def test_what_is_told_of_images_says_who_runs_them() -> None:
    server = held(rust=False, program="python")
    stood_in = "image mine:1 (bbbbbbbbbbbb), run by user 10001 in place of root in mine:1"
    assert HeldPair(server, server).origin == stood_in
    assert HeldPair(server, server).version == "2.8.9"
    own = held(rust=False, program="python", user="", of=image(user="noetl"))
    assert HeldPair(own, own).origin == "image mine:1 (bbbbbbbbbbbb)"
    root = held(rust=True, program="/root/x/noetl-worker", user="", of=image("theirs"))
    told = HeldPair(held(rust=True, program="/app/noetl-control-plane"), root).origin
    assert told == (
        "images mine:1 (bbbbbbbbbbbb) and theirs (bbbbbbbbbbbb), run by user 10001 in place of "
        f"root in mine:1, run by root, who alone can start NoETL in theirs; {DRIVE}"
    )


class Starting:
    """A container whose program some cannot start, and why."""

    def __init__(self, why: str) -> None:
        self.why = why

    def start(self) -> None:
        if self.why:
            raise APIError("400 Client Error", explanation=self.why)


@pytest.mark.parametrize(
    ("user", "refused", "runner"),
    [
        ("noetl", {}, ""),
        ("", {}, NOBODY),
        ("0", {NOBODY: "exec: permission denied"}, ""),
    ],
)
def test_a_program_of_root_is_run_by_another_who_can_start_it(
    user: str, refused: dict[str, str], runner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def container_of(*_: object, user: str, **__: object) -> Iterator[Starting]:
        yield Starting(refused.get(user, ""))

    monkeypatch.setattr(image_content, "container_of", container_of)
    assert image_content._user_of(image(user=user), "/app/noetl-worker") == runner


def test_a_program_that_nobody_can_start_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def container_of(*_: object, **__: object) -> Iterator[Starting]:
        yield Starting("failed to create task:\nexec /app/noetl-worker: exec format error")

    monkeypatch.setattr(image_content, "container_of", container_of)
    with pytest.raises(UsageError) as raised:
        image_content._user_of(image(), "/app/noetl-worker")
    (line,) = str(raised.value).splitlines()
    assert "/app/noetl-worker of the image mine:1 cannot be started: failed to create task:" in line
    assert "exec format error - " in line


def test_own_settings_that_say_who_drives_are_told_alone() -> None:
    drives = {"NOETL_ORCHESTRATE_PLUGIN_DRIVE": "true"}
    assert origin_under(f"image mine; {DRIVE}", drives) == "image mine"
    assert origin_under(DRIVE, drives) == ""
    assert origin_under(f"image mine; {DRIVE}", {"LOG_LEVEL": "INFO"}).endswith(DRIVE)


@pytest.mark.parametrize(
    ("asked", "version"), [("image:mine", "rust 3.54.0 + 5.52.0"), ("/src/noetl", "4.26.0")]
)
def test_a_kept_sandbox_is_told_by_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, version: str
) -> None:
    from noetl_acceptance.sandbox import attaching  # noqa: PLC0415
    from noetl_acceptance.sandbox.ledgers import Ledger  # noqa: PLC0415
    from tests.sandboxes import KEPT, entry  # noqa: PLC0415

    monkeypatch.setattr(attaching, "LEDGERS", tmp_path)
    update = {"noetl": asked, "noetl_version": version}
    Ledger(tmp_path, entry(tmp_path / "run")).keep(KEPT.model_copy(update=update))
    settings = load_settings({"sandbox": "attach"}, {})
    assert attaching.noetl_under_test(settings) == version
