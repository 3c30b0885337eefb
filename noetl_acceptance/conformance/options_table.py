"""The table of docs/reference/options.md."""

from __future__ import annotations

from noetl_acceptance.options import OPTIONS


def options_table() -> str:
    """Return the options as a Markdown table, the one of docs/reference/options.md."""
    lines = ["| `-D` key | default | unit | meaning |", "|---|---|---|---|"]
    lines += [
        f"| `{option.key}` | `{option.default}` | {option.unit or '–'} | {option.meaning} |"
        for option in OPTIONS
    ]
    return "\n".join(lines)
