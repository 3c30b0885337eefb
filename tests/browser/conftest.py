from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Page, chromium


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of one Chromium; fails where there is none, with the remedy."""
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
