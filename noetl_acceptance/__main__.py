"""``python -m noetl_acceptance``: the command line ``noetl-acceptance`` by another name."""

from __future__ import annotations

import sys

from noetl_acceptance.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
