"""The installation that is broken."""

from collections.abc import Iterator

import pytest

from tests.faults.installation import Installation
from tests.folders import open_folder


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """A PostgreSQL for the tests of one file: what jobs they leave behind shall not keep others waiting."""
    with open_folder() as folder, Installation.on(folder / "data") as installation:
        yield installation
