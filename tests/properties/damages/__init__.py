"""Damages as data: each module here has a list of them, ``DAMAGES`` has all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.properties.cases import Damage

DAMAGES: tuple[Damage, ...] = tuple(
    damage
    for module in iter_modules(__path__)
    for damage in import_module(f"{__name__}.{module.name}").DAMAGES
)
