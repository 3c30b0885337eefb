"""What of a hostile user's environment is handed on, and to whom."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox import user_environment
from noetl_acceptance.sandbox.builds import cargo, environment_cache, images, noetl_build
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.containers.project import Project
from noetl_acceptance.support.console import Console
from tests.hostile import CANARY, VARIABLES

INDEX = "https://someone:s3cret-index-word@127.0.0.1:9/simple"


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DOCKER_HOST", "unix:///there.sock")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """What is started, with its environment; nothing runs."""
    seen: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], **more: object) -> subprocess.CompletedProcess[str]:
        environment = more["environment"]
        assert isinstance(environment, dict)
        assert isinstance(more["seconds"], float | int)
        seen.append((command, environment))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("noetl_acceptance.sandbox.subprocesses.run", run)
    return seen


@pytest.mark.usefixtures("hostile")
def test_compose_gets_no_variable_that_its_file_or_it_would_take(
    given: list[tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    Project(
        "run-1", tmp_path / "compose.env", "unix:///there.sock", isolated=True, secrets=()
    ).start()
    ((_, environment),) = given
    assert environment["DOCKER_HOST"] == "unix:///there.sock"
    assert set(environment) == {"DOCKER_HOST", "HOME", "PATH", "NOETL_SANDBOX_RUN"}


@pytest.mark.usefixtures("hostile")
def test_uv_gets_the_proxies_and_the_index_and_nothing_that_changes_what_is_installed(
    given: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", INDEX)
    monkeypatch.setenv("UV_INDEX_PRIVATE_USERNAME", "me")
    environment_cache.run_uv(["uv", "venv"], "noetl==2.8.9")
    ((_, environment),) = given
    assert environment["UV_DEFAULT_INDEX"] == environment["PIP_INDEX_URL"] == INDEX
    assert environment["UV_INDEX_PRIVATE_USERNAME"] == "me"
    assert environment["HTTP_PROXY"] == VARIABLES["HTTP_PROXY"]
    passed = {name for name in VARIABLES if name in environment}
    assert passed == {
        *user_environment.proxies(VARIABLES),
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NETRC",
    }


@pytest.mark.usefixtures("hostile")
def test_cargo_gets_the_proxies_and_the_registry_and_nothing_that_changes_what_is_built(
    given: list[tuple[list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CARGO_REGISTRIES_MIRROR_INDEX", INDEX)
    monkeypatch.setenv("CARGO_REGISTRIES_MIRROR_TOKEN", "secret-token")
    cargo.run_cargo(["build"], "noetl-server 3.54.0", tmp_path)
    ((_, environment),) = given
    assert environment["CARGO_REGISTRIES_MIRROR_INDEX"] == INDEX
    passed = {name for name in VARIABLES if name in environment}
    assert passed == {*user_environment.proxies(VARIABLES), "SSL_CERT_FILE", "SSL_CERT_DIR"}
    assert "secret-token" in user_environment.passwords()


@pytest.mark.usefixtures("hostile")
def test_a_build_gets_the_index_as_a_secret_and_the_proxies_by_name_alone(
    given: list[tuple[list[str], dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", INDEX)
    monkeypatch.setattr(images, "WORK", tmp_path)
    monkeypatch.setattr(images, "_exists", lambda tag: "/noetl:" not in tag)
    monkeypatch.setattr(images, "_ensure_base", lambda _: None)
    images.ensure_images(NoetlBuild.of("2.8.9"), Console(quiet=True))
    ((command, environment),) = [each for each in given if "buildx" in each[0]]
    assert "id=index,env=NOETL_ACCEPTANCE_INDEX" in command
    assert f"PIP_INDEX_URL={INDEX}\n" in environment["NOETL_ACCEPTANCE_INDEX"]
    assert f"UV_DEFAULT_INDEX={INDEX}\n" in environment["NOETL_ACCEPTANCE_INDEX"]
    arguments = [command[n + 1] for n, word in enumerate(command) if word == "--build-arg"]
    assert sorted(arguments) == sorted(user_environment.proxies(VARIABLES))
    assert not any("s3cret" in word or CANARY in word for word in command)
    names = {"PATH", "HOME", "DOCKER_HOST", "NOETL_ACCEPTANCE_INDEX", *arguments}
    assert set(environment) == names


def test_the_context_of_a_build_has_no_argument_for_an_index() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "ARG PIP" not in text
    assert "ARG UV" not in text


def test_no_password_of_an_index_or_a_proxy_stands_in_a_failed_installations_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UV_EXTRA_INDEX_URL", "https://a:b%2Fc%22d-wordword@one/x https://two/y")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:proxy-password@proxy:3128")
    said = "no https://a:b%2Fc%22d-wordword@one/x by me:proxy-password, as 'b/c\"d-wordword'"
    error: UsageError = environment_cache.installation_error("noetl==2.8.9", said)
    assert error.detail == "no https://a:[redacted]@one/x by me:[redacted], as '[redacted]'"


@pytest.mark.usefixtures("hostile")
def test_git_lists_the_checkout_that_is_meant(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    assert [file.name for file in noetl_build.source_files(tmp_path)] == ["pyproject.toml"]


def test_the_lists_are_told_in_the_documentation() -> None:
    told = (ROOT / "docs" / "reference" / "environment.md").read_text()
    for names in (
        user_environment.PLACES,
        user_environment.DOCKER,
        user_environment.PROXIES,
        user_environment.CERTIFICATES,
        user_environment.PIP_INDEXES,
        user_environment.UV_INDEXES,
        user_environment.UV_PLACES,
    ):
        assert [name for name in names if f"`{name}`" not in told] == []


def test_a_locale_that_knows_ascii_alone_takes_nothing_but_the_looks() -> None:
    ascii_alone = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "noetl_acceptance", "options"],
        cwd=ROOT,
        env={**os.environ, **ascii_alone},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"| `worker-inflight` | `1` |" in done.stdout
