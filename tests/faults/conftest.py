"""The installation that is broken."""

from collections.abc import Iterator

import pytest

from tests.faults.installation import Installation
from tests.folders import open_folder


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """A PostgreSQL that is killed now and then."""
    with open_folder() as folder, Installation.on(folder / "data") as installation:
        yield installation
