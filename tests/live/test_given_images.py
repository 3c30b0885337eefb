"""NoETL in images as they are given: names, folders and entry points like the published ones.

They are made here, from what the suite has built already; nothing is pulled.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.generations.rust import SERVER, WORKER
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox.builds.asked import build_of
from noetl_acceptance.sandbox.builds.images import ensure_images
from noetl_acceptance.sandbox.builds.local_image import find_image
from noetl_acceptance.sandbox.builds.rust_build import RustBuild
from noetl_acceptance.sandbox.builds.rust_programs import ensure_programs
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.user_environment import of_docker
from noetl_acceptance.support.console import Console
from tests.live.test_keep import run

pytestmark = pytest.mark.skipif(bool(compose_problem()), reason="no Docker")

SUITE = (sys.executable, "-m", "noetl_acceptance")
SINGLE = ("features/smoke.feature", "--name=a single traveler")
QUIET = Console(quiet=True)

PROGRAM = """
FROM {base}
USER root
ENV PYTHONPATH=
WORKDIR /app
RUN rm -rf /opt/noetl /opt/suite && chmod {mode} /app
COPY {program} .
ENTRYPOINT ["./{program}"]
"""
"""A Rust program as it is published: in /app, started from there, by root."""

PACKAGE = """
FROM {base}
USER root
ENV PYTHONPATH=
RUN rm -rf /opt/suite
WORKDIR /app
ENTRYPOINT ["python", "-m", "noetl.server"]
"""
"""A Python release: its wheel, installed, and none of the suite."""


class Images:
    """Makes images under names that no one else has, and removes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[str] = []

    def make(self, name: str, recipe: str) -> str:
        tag = f"noetl-{name}:{uuid.uuid4().hex[:8]}"
        command = ["docker", "build", "--quiet", "--tag", tag, "--file", "-", str(self.folder)]
        done = subprocess.run(
            command, input=recipe, env=of_docker(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        self.made.append(tag)
        return tag


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Images]:
    made = Images(tmp_path / "context")
    made.folder.mkdir()
    yield made
    subprocess.run(
        ["docker", "image", "rm", *made.made], env=of_docker(), capture_output=True, check=False
    )


def suite(place: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    given = [word for option in options for word in ("-D", option)]
    runs = ("-D", "sandbox=compose", "-D", f"runs={place / 'runs'}", "-D", "time-scale=3")
    done = run(*SUITE, "run", *SINGLE, *runs, *given)
    (folder,) = place.glob("runs/*")
    return done, folder


def assert_passed(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 0, done.stdout
    assert [each.verdict for each in results.read(folder)] == ["passed"]


def test_an_image_of_a_wheel(images: Images, tmp_path: Path) -> None:
    base = ensure_images(build_of(load_settings({}, {}).noetl), QUIET)["noetl"]
    name = images.make("package", f"{PACKAGE.format(base=base)}ENV NOETL_OF_THE_IMAGE=1\n")
    done, folder = suite(tmp_path, f"noetl=image:{name}")
    assert_passed(done, folder)
    figures = read_figures(folder)
    assert (figures.noetl, figures.origin.partition(" (")[0]) == ("2.8.9", f"image {name}")
    assert figures.settings == {"NOETL_OF_THE_IMAGE": "1"}
    refused = run(*SUITE, "results", str(folder))
    assert (refused.returncode, "-D noetl" in refused.stderr) == (2, True), refused.stderr


def test_images_of_the_rust_programs(images: Images, tmp_path: Path) -> None:
    build = RustBuild.of("rust")
    base = ensure_images(build, QUIET)["noetl"]
    for program in (SERVER, WORKER):
        shutil.copy(ensure_programs(build, QUIET) / program, images.folder)
    server = images.make("server", PROGRAM.format(base=base, program=SERVER, mode=755))
    worker = images.make("worker", PROGRAM.format(base=base, program=WORKER, mode=700))
    done, folder = suite(tmp_path, f"noetl=image:{server}", f"noetl_worker=image:{worker}")
    assert_passed(done, folder)
    figures = read_figures(folder)
    assert figures.noetl.startswith(f"rust {build.server} + ")
    assert f"run by user 10001 in place of root in {server}, " in figures.origin
    assert f"run by root, who alone can start NoETL in {worker};" in figures.origin
    alone = run(*SUITE, "run", *SINGLE, "-D", "sandbox=compose", "-D", f"noetl=image:{server}")
    assert alone.returncode == 2
    assert f"the image {server} has no NoETL worker" in alone.stderr


class Registry(BaseHTTPRequestHandler):
    """A registry on this machine that has no image: it refuses each in a way of its own."""

    answers: ClassVar = {
        "refused": (403, "DENIED"),
        "locked": (401, "UNAUTHORIZED"),
        "missing": (404, "MANIFEST_UNKNOWN"),
    }

    def do_GET(self) -> None:
        name = next((each for each in self.answers if f"/{each}/" in self.path), "")
        status, code = self.answers.get(name, (200, ""))
        errors = [{"code": code, "message": "as the test says"}] if code else []
        body = json.dumps({"errors": errors}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the base class calls it so

    def log_message(self, *_: object) -> None:
        """Keep silent."""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("refused", "and its registry refuses it: "),
        ("locked", "and its registry refuses it: unauthorized: as the test says - `docker login`"),
        ("missing", "there is no image "),
    ],
)
def test_a_registry_that_does_not_give_an_image_is_one_line(name: str, words: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(UsageError) as raised:
            find_image(f"127.0.0.1:{server.server_port}/{name}/noetl:1", QUIET)
    finally:
        server.shutdown()
        server.server_close()
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return files as one archive."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as packing:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packing.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def test_an_image_of_another_architecture_is_one_line(images: Images) -> None:
    name, layer = f"noetl-other:{uuid.uuid4().hex[:8]}", packed({"empty": b""})
    layers = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
    config = {"architecture": "s390x", "os": "linux", "config": {}, "rootfs": layers}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    image = {
        "manifest.json": json.dumps(manifest).encode(),
        "config.json": json.dumps(config).encode(),
        "layer.tar": layer,
    }
    load = ["docker", "load", "--quiet"]
    subprocess.run(load, input=packed(image), env=of_docker(), capture_output=True, check=True)
    images.made.append(name)
    with pytest.raises(UsageError, match=rf"{name} is of linux/s390x, and this engine runs linux/"):
        find_image(name, QUIET)


def test_images_that_cannot_be_tested_are_one_line(images: Images) -> None:
    bare = images.make("bare", f"FROM {ensure_images(RustBuild.of('rust'), QUIET)['nats']}\n")
    for name, words in {
        bare: "has no NoETL server: no noetl-control-plane",
        "127.0.0.1:9/nobody/noetl:1": "its registry does not answer",
    }.items():
        done = run(*SUITE, "run", *SINGLE, "-D", "sandbox=compose", "-D", f"noetl=image:{name}")
        told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert (done.returncode, len(told)) == (2, 1), done.stderr
        assert words in told[0]
    looked = (
        "docker",
        "ps",
        "--all",
        "--quiet",
        "--filter",
        "name=noetl-acceptance-look",
        "--filter",
    )
    assert not run(*looked, f"ancestor={bare}").stdout
