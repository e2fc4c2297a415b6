"""Run Python or a command of ours as an ordinary user, also when the tests run as root."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Loaded before stepping down: the interpreter itself may lie in a folder of root's.
_STEP_DOWN = """
import os, runpy, sys
import encodings.ascii, encodings.idna, encodings.latin_1, rich.console, rich.panel, typer.rich_utils
import psycopg, asyncpg
import stoa.cli.main, stoa.cli.serve, stoa.cli.database, stoa.db.embedded
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({gid}); os.setuid({uid})
"""


def as_ordinary_user(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as `nobody` (as yourself when you are not root); its arguments are in sys.argv[1:]."""
    nobody = pwd.getpwnam("nobody")
    whole = _STEP_DOWN.format(uid=nobody.pw_uid, gid=nobody.pw_gid) + code
    return run_python("-c", whole, *arguments)


def stoa(*arguments: str, ordinary: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of Stoa's commands to its end."""
    if ordinary:
        return as_ordinary_user("sys.argv[0] = 'stoa'; stoa.cli.main.main()", *arguments)
    return run_python("-m", "stoa.cli", *arguments, **environment)


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run our interpreter to its end, without the STOA_* variables of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        env={**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
