"""Each check has one stable name, and judgements of older code are read by it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import pytest

from noetl_acceptance import checks
from noetl_acceptance.checks import batch_ranges, check_names
from noetl_acceptance.checks.check_names import (
    Check,
    check_named,
    former_names,
    name_of,
    registered_checks,
    stable_name,
)
from noetl_acceptance.errors import SuiteError, UsageError
from noetl_acceptance.model import findings
from noetl_acceptance.model.findings import Finding
from tests.properties.used import checks_used

HELPERS = {findings.about, findings.nothing_to_judge}
"""They make findings for checks, and are none themselves."""


def own() -> dict[str, Check]:
    """The registered checks of the suite: those of tests are left out."""
    return {
        name: function
        for name, function in registered_checks().items()
        if function.__module__.startswith(f"{checks.__name__}.")
    }


def with_findings() -> set[Check]:
    """Every public function of ``checks`` that returns findings and stands where it is defined."""
    modules = [
        importlib.import_module(f"{checks.__name__}.{module.name}")
        for module in pkgutil.iter_modules(checks.__path__)
    ]
    return {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if inspect.signature(function).return_annotation == "list[Finding]"
    }


def test_every_check_is_registered_once() -> None:
    assert len(own().values()) == len(set(own().values()))
    assert set(own().values()) == with_findings() - HELPERS
    assert set(own().values()) >= checks_used()


def test_names_are_kebab_case() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in own())


def test_a_name_leads_to_its_check_and_back() -> None:
    assert check_named("own-slice") is batch_ranges.own_slice
    assert name_of(batch_ranges.own_slice) == "own-slice"


def test_what_older_code_stored_is_read_under_stable_names() -> None:
    assert set(former_names().values()) <= set(own())
    assert len(set(former_names().values())) == len(former_names()) == 84
    assert stable_name("windows.own_slice") == "own-slice"
    assert stable_name("own-slice") == "own-slice"


@pytest.mark.parametrize("name", ["Own-slice", "own_slice", "own.slice", "", "own-"])
def test_another_form_of_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not kebab-case"):
        check_names.check(name)(nothing)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="two checks are named 'own-slice'"):
        check_names.check("own-slice")(nothing)


def test_a_check_without_a_name_is_told() -> None:
    with pytest.raises(SuiteError, match=r"nothing has no stable name.*@check"):
        name_of(nothing)


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(UsageError, match="there is no check own-slices"):
        check_named("own-slices")


def nothing() -> list[Finding]:
    return []
