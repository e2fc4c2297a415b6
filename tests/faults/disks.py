"""A disk so small that it can be filled."""

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_MEGABYTE = 1024 * 1024


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """Mount one in the folder; a test is skipped where mounting is not permitted (it takes root)."""
    options = f"size={megabytes}m,mode=755"
    mounted = _run("mount", "-t", "tmpfs", "-o", options, "stoa-faults", str(folder))
    if mounted is not None:
        pytest.skip(f"a small disk cannot be mounted here: {mounted}")
    try:
        yield folder
    finally:
        if _run("umount", str(folder)) is not None:
            _run("umount", "--lazy", str(folder))


def fill(disk: Path) -> Path:
    """Write until there is no room for a byte; the file to be removed again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (_MEGABYTE, 4096, 1):
            with suppress(_Full):
                while True:
                    try:
                        if file.write(bytes(size)) < size:
                            break
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        raise _Full from None
    return filler


class _Full(Exception):
    """Not a byte more."""


def _run(*command: str) -> str | None:
    """None where it worked, else what it said."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return None if ran.returncode == 0 else ran.stderr.strip()
