"""Checkouts under names that a shell, compose or NATS would read as something else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.builds.images import fields
from noetl_acceptance.sandbox.local import nats, postgres_cluster
from noetl_acceptance.sandbox.private_files import quoted

ODD = ("plain", "a b", "it's", "a #b", "a;b,c", "co:lon", "é ü 文")


@pytest.mark.parametrize(
    ("named", "cache"),
    [("", "/home/a/.cache"), ("near", "/home/a/.cache"), ("/srv/cache", "/srv/cache")],
)
def test_the_cache_is_the_users_wherever_a_command_is_started(named: str, cache: str) -> None:
    ask = "from noetl_acceptance.places import CACHE; print(CACHE)"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        env={"HOME": "/home/a", "XDG_CACHE_HOME": named},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == f"{cache}/noetl-acceptance\n"


@pytest.mark.parametrize("name", ODD)
def test_postgres_takes_what_is_plain_in_double_quotes(name: str) -> None:
    assert postgres_cluster.takes(Path("/srv") / name)


@pytest.mark.parametrize("name", ["$HOME", "`id`", 'a"b', "a\\b", "a\nb"])
def test_postgres_does_not_take_what_its_shell_reads(name: str) -> None:
    assert not postgres_cluster.takes(Path("/srv") / name)


@pytest.mark.parametrize("name", ODD)
def test_the_message_broker_reads_its_folder_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    command = nats.command(tmp_path / name / "nats", "s3cret", 4222, 8222)
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert f'"{tmp_path / name / "nats"}"' in (tmp_path / name / "nats" / "nats.conf").read_text()


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/a b/it's #1", "id=ca,src=/a b/it's #1"),
        ("/a,b", 'id=ca,"src=/a,b"'),
        ('/a "b"', 'id=ca,"src=/a ""b"""'),
    ],
)
def test_docker_reads_a_path_as_it_is(path: str, written: str) -> None:
    assert fields("id=ca", f"src={path}") == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ("/a #b/it's", '"/a #b/it\'s"'),
        ("$HOME ${HOME}", r'"\$HOME \${HOME}"'),
        ('a "b" \\n', r'"a \"b\" \\n"'),
        ("one\ntwo\n", r'"one\ntwo\n"'),
    ],
)
def test_compose_reads_a_variable_as_it_is(value: str, written: str) -> None:
    assert quoted(value) == written
