"""On what it was measured: the machine, PostgreSQL's settings that matter, the source."""

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from stoa.cli.bench.shop import Shop
from stoa.cli.installation import ROOT
from stoa.db.embedded.tuning import memory_bytes

_SETTINGS = (
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers",
    "max_wal_size", "checkpoint_timeout", "wal_level", "jit", "autovacuum", "max_connections",
)  # fmt: skip
_WRITES = 200


def describe(shop: Shop) -> dict[str, Any]:
    """Everything that a figure would be meaningless without."""
    names = ", ".join(f"'{name}'" for name in _SETTINGS)
    found = shop.ask_database(f"SELECT name, current_setting(name) AS value FROM pg_settings WHERE name IN ({names})")
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gib": round(memory_bytes() / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "load_before": [round(load, 1) for load in os.getloadavg()],
        "durable_write_ms": round(_durable_write(shop.scratch), 3),
        "postgres": {row["name"]: row["value"] for row in found},
        "source": source(),
    }


def source() -> str:
    """The commit that was measured; with a plus where the checkout differs from it."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607  (whichever is installed)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _durable_write(folder: Path) -> float:
    """Milliseconds until 8 kB are on the disk for good, as at every commit: the median of many."""
    path, page, took = folder / "durable", os.urandom(8192), []
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(_WRITES):
            began = time.perf_counter()
            os.pwrite(file, page, 0)
            os.fdatasync(file)
            took.append(time.perf_counter() - began)
    finally:
        os.close(file)
        path.unlink()
    return 1000 * sorted(took)[_WRITES // 2]
