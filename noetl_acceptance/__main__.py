"""The suite's own command line: ``python -m noetl_acceptance``."""

from __future__ import annotations

import argparse
import sys

from noetl_acceptance import acceptance
from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.settings import SANDBOX_KINDS, options_table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m noetl_acceptance", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("options", help="list every -D key with default, unit and meaning")
    runs = commands.add_parser(
        "acceptance", help="run the features on every sandbox that this machine can run"
    )
    runs.add_argument(
        "--require",
        default="",
        metavar="KINDS",
        help="sandboxes that must run, and with the same scenarios (compose,embedded)",
    )
    runs.add_argument("behave", nargs="*", help="arguments for behave, after --")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code (2 for wrong usage)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "options":
            print(options_table())
            return 0
        required = [kind for kind in options.require.split(",") if kind]
        for kind in required:
            if kind not in SANDBOX_KINDS[1:]:
                _parser().error(f"--require takes {', '.join(SANDBOX_KINDS[1:])}, not {kind!r}")
        return acceptance.run_everywhere(required, options.behave)
    except AcceptanceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
