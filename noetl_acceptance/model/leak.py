"""A secret where it must not be."""

from __future__ import annotations

from noetl_acceptance.model.request import FrozenModel


class Leak(FrozenModel):
    """A secret that was found where it must not be: what it is, and the place."""

    secret: str
    place: str
