"""What every unit test shares."""

from __future__ import annotations

from hypothesis import settings

# On a busy machine a single example may take long; that is no fault of the code under test.
settings.register_profile("acceptance", deadline=None)
settings.load_profile("acceptance")
