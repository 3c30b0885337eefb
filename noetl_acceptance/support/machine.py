"""What this machine is, in words."""

from __future__ import annotations

import os
import platform

import psutil

from noetl_acceptance.model.wording import counted


def machine_words() -> str:
    """Return the number of its cores, what they are, and its memory."""
    memory = psutil.virtual_memory().total / 2**30
    cores = counted(os.cpu_count() or 1, "core")
    return f"{cores} ({platform.machine()}), {memory:.0f} GiB"
