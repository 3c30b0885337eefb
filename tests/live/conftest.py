"""A run of the live tests that is ended takes its sandboxes down."""

from __future__ import annotations

import signal

# Some tests have a sandbox in pytest's own process, which a TERM would end without its `finally`.
signal.signal(signal.SIGTERM, signal.default_int_handler)
