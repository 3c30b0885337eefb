"""How long a silence proves that a release takes nothing up any more."""

import pytest

from noetl_acceptance.generations.recovery import LATE, SOON, recovery_seconds


@pytest.mark.parametrize(
    ("noetl", "seconds"),
    [
        ("2.8.9", SOON),
        ("2.10.3", SOON),
        ("2.10.4", LATE),
        ("2.10.42", LATE),
        ("4.26.0", LATE),
        ("rust 3.54.0 + 5.52.0", SOON),
        ("", LATE),
        ("a build of ours", LATE),
    ],
)
def test_releases_with_a_reaper_take_a_command_up_late(noetl: str, seconds: float) -> None:
    assert recovery_seconds(noetl) == seconds
