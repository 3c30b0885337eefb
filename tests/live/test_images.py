"""A package index's password that goes into a build, and is nowhere when it has ended."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox.builds import images
from noetl_acceptance.sandbox.builds.build_context import put_together
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.user_environment import of_docker
from noetl_acceptance.support.console import Console

PASSWORD = f"made-up-{secrets.token_hex(8)}"
STAGES = ("profile-api-install", "profile-api")
"""The stage that installs, whose layers are the build cache's, and the image."""

LOOK_INTO_THE_CACHE = """
FROM {image}
RUN --mount=type=cache,target=/root/.cache/uv ! grep -rqa {password} /root/.cache/uv /build /tmp
"""


def docker(*arguments: str, given: str = "") -> bytes:
    command = ("docker", *arguments)
    done = subprocess.run(
        command, env=of_docker(), input=given.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture
def tags() -> Iterator[dict[str, str]]:
    tags = {stage: f"noetl-acceptance/{stage}:{PASSWORD[-16:]}" for stage in STAGES}
    yield tags
    subprocess.run(
        ["docker", "image", "rm", *tags.values()], env=of_docker(), capture_output=True, check=False
    )


@pytest.mark.skipif(bool(compose_problem()), reason="no Docker")
def test_a_password_of_an_index_is_in_no_layer_no_history_and_no_cache(
    tags: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = NoetlBuild.of(load_settings({}, {}).noetl)
    context = tmp_path / "context"
    put_together(context, build, Console(quiet=True))
    with (context / "uv.txt").open("a") as pins:
        pins.write(f"# {tags['profile-api']}: nothing of this is in the build cache yet\n")
    # No such index answers: pip goes on with the others.
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"https://me:{PASSWORD}@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_INDEX_MINE_PASSWORD", PASSWORD)
    for stage, tag in tags.items():
        images._build(stage, tag, context, build)
        assert PASSWORD not in docker("history", "--no-trunc", tag).decode()
        assert PASSWORD not in docker("image", "inspect", tag).decode()
        with subprocess.Popen(
            ["docker", "save", tag], env=of_docker(), stdout=subprocess.PIPE
        ) as saved:
            assert saved.stdout is not None
            size, tail = 0, b""
            while chunk := saved.stdout.read(1 << 22):
                assert PASSWORD.encode() not in tail + chunk
                size, tail = size + len(chunk), chunk[-len(PASSWORD) :]
        assert size > 100_000_000
    look = LOOK_INTO_THE_CACHE.format(image=tags[STAGES[0]], password=PASSWORD)
    docker("buildx", "build", "--no-cache", "--progress=plain", "-", given=look)
