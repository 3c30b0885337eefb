"""A file that is not of a release is told with its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from noetl_acceptance.conformance.releases.release_file import read_releases, write_release
from noetl_acceptance.errors import UsageError
from tests.releases import HOLDS, release


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "Invalid JSON"),
        (b'{"tea": 1}', "release: Field required"),
        (b"\xff\xfe\x00", "Invalid JSON"),
        (b'{"release": "tea", "asked": "tea"}', "Invalid version: 'tea'"),
    ],
)
def test_a_file_that_is_no_releases_is_named(content: bytes, told: str, tmp_path: Path) -> None:
    write_release(release("2.8.9", C24=HOLDS), tmp_path)
    stray = tmp_path / "notes.json"
    stray.write_bytes(content)
    words = f"^{re.escape(str(stray))} cannot be read: {told}.* - fix it, or take it from git again"
    with pytest.raises(UsageError, match=words):
        read_releases(tmp_path)
