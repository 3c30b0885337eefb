"""Options: defaults, sources, and the errors a user sees."""

from __future__ import annotations

import pytest

from noetl_acceptance.conformance.options_table import options_table
from noetl_acceptance.errors import UsageError
from noetl_acceptance.options import OPTIONS, Option, changed_options, load_settings


def test_defaults_are_used_when_nothing_is_given() -> None:
    settings = load_settings({}, {})
    assert (settings.sandbox, settings.noetl, settings.workers) == ("auto", "2.8.9", 5)
    assert settings.playbooks is None


def test_userdata_wins_over_the_environment() -> None:
    environment = {"NOETL_ACCEPTANCE_WORKERS": "3", "NOETL_ACCEPTANCE_WORKER_INFLIGHT": "2"}
    settings = load_settings({"workers": "4"}, environment)
    assert (settings.workers, settings.worker_inflight) == (4, 2)


@pytest.mark.parametrize(
    ("userdata", "words"),
    [
        ({"sandbx": "compose"}, ["-D sandbx", "did you mean 'sandbox'"]),
        ({"sandbox": "compos"}, ["-D sandbox=compos", "did you mean 'compose'"]),
        ({"workers": "0"}, ["-D workers=0", "whole number"]),
        ({"time-scale": "fast"}, ["-D time-scale=fast", "a number"]),
        ({"noetl": " "}, ["-D noetl", "not empty"]),
        ({"noetl": ""}, ["-D noetl= is", "it takes a text that is not empty"]),
        ({"runs": ""}, ["-D runs= is", "it takes a folder"]),
        ({"playbooks": " "}, ["-D playbooks=", "it takes a folder, or auto"]),
        ({"noetl_settings": ""}, ["-D noetl_settings=", "it takes a file, or off"]),
        ({"runs": "~nouser/x"}, ["~nouser/x is below the home of a user", "the whole path"]),
        ({"playbooks": "~nouser/x"}, ["~nouser/x is below the home of a user"]),
        ({"seed": "-1"}, ["-D seed=-1", "whole number"]),
    ],
)
def test_a_wrong_option_names_cause_and_remedy(userdata: dict[str, str], words: list[str]) -> None:
    with pytest.raises(UsageError) as raised:
        load_settings(userdata, {})
    text = str(raised.value)
    assert "\n" not in text
    for word in words:
        assert word in text


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'NOETL_ACCEPTANCE_SANDBOX'"):
        load_settings({}, {"NOETL_ACCEPTANCE_SANDBX": "compose"})


def test_a_single_worker_for_a_single_command_is_refused() -> None:
    with pytest.raises(UsageError, match="workers=2"):
        load_settings({"workers": "1"}, {})
    assert load_settings({"workers": "1", "worker-inflight": "2"}, {}).workers == 1


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(UsageError, match="NOETL_ACCEPTANCE_WORKERS=x"):
        load_settings({}, {"NOETL_ACCEPTANCE_WORKERS": "x"})


def test_the_table_lists_every_option() -> None:
    table = options_table()
    assert all(f"`{option.key}`" in table for option in OPTIONS)


def test_what_is_not_at_its_default_is_told() -> None:
    assert changed_options(load_settings({}, {})) == {}
    given = {"workers": "3", "noetl": "2.8.9", "seed": "07"}
    assert changed_options(load_settings(given, {})) == {"workers": "3", "seed": "7"}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_what_is_told_of_an_option_can_be_given_again(option: Option) -> None:
    others = {"sandbox": "attach", "lanes": "auto", "seed": "7", "shard": "1/2", "keep": "failed"}
    others |= {"noetl_settings": "/dev/null", "noetl_worker": "image:3", "give-up": "standstill"}
    given = {option.key: others.get(option.key, "3")}
    needed = {"attach": {"sandbox": "attach"}, "noetl_worker": {"noetl": "image:2"}}
    together = needed.get(option.key, {})
    told = changed_options(load_settings(together | given, {}))
    assert load_settings(told, {}) == load_settings(together | given, {})
