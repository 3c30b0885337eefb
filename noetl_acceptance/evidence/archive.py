"""Zip files in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping


def zipped(top: str, files: Mapping[str, str]) -> bytes:
    """Return a zip file of texts by their names, all below one folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{top}/{name}", text)
    return buffer.getvalue()
