"""Folders for data directories: PostgreSQL's own account has to pass them, and pytest's are closed to it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder that others may enter, under STOA_TEST_DATA or the system's temporary folder; removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="stoa-", dir=os.environ.get("STOA_TEST_DATA"))).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
