"""`stoa.conf`: PostgreSQL's settings for this machine, written anew at every start.

Durability is never traded: fsync, full_page_writes and synchronous_commit stay on.
"""

import os
from pathlib import Path

MB = 1024 * 1024
GB = 1024 * MB
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_bytes() -> int:
    """What this machine, or the container around us, has to give."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in map(Path, _CGROUP_LIMITS):
        try:
            memory = min(memory, int(limit.read_text()))
        except (OSError, ValueError):  # no such limit, or the word "max"
            continue
    return memory


def settings(*, socket_folder: Path, memory: int, small: bool) -> dict[str, str]:
    """The settings by name.

    `small` is for tests: it leaves room for several servers side by side, and nothing but what is asked for happens:
    plans do not change because tables were analysed in the background.
    """
    shared = 256 * MB if small else max(128 * MB, min(memory // 4, 4 * GB))
    return {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0777",  # the folder is private; the password is asked as well
        "max_connections": "200",
        "superuser_reserved_connections": "3",
        "shared_buffers": _mb(shared),
        "effective_cache_size": _mb(max(shared, memory // 2)),
        "maintenance_work_mem": _mb(max(64 * MB, min(memory // 16, 512 * MB))),
        "work_mem": "8MB" if small else "16MB",
        "huge_pages": "try",
        "wal_buffers": "16MB" if small else "64MB",
        "min_wal_size": "128MB" if small else "1GB",
        "max_wal_size": "1GB" if small else "4GB",
        "wal_compression": "off",  # these binaries know only pglz, which costs more than it saves here
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "autovacuum": "off" if small else "on",
        "autovacuum_naptime": "20s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_vacuum_cost_limit": "1000",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%a.log",  # a week of days, each written over when it comes round
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %u ",
        "log_min_duration_statement": "1s",
        "log_error_verbosity": "terse",  # DETAIL lines would hold e-mail addresses
        "log_parameter_max_length": "0",  # and so would parameters
        "log_parameter_max_length_on_error": "0",
    }


def _mb(size: int) -> str:
    return f"{size // MB}MB"


def render(values: dict[str, str]) -> str:
    """The file's text."""
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in values.items()]
    return "\n".join(["# Written by Stoa at every start: changes made here are lost.", *lines, ""])
