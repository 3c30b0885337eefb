"""How numbers are told."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: ``1 batch``, ``2 batches``.

    Args:
        count: how many.
        noun: of one.
        plural: of none or several, where it is not ``noun`` with an ``s``.
    """
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"
