"""What was done, in order: a line of JSON an act, and the last ones in memory for when something breaks."""

import json
from collections import Counter, deque
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

KEPT = 20_000
SHOWN = 25

# What a job says that had nothing to do.
NOTHING = "0"


class Diary:
    """Written as things are done. Without a path it is only remembered."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = path.open("w", buffering=1 << 13) if path is not None else None
        self._last: deque[str] = deque(maxlen=KEPT)
        self.done: Counter[str] = Counter()
        self.idle: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def write(
        self, *, step: int, at: datetime, store: int, kind: str, about: Collection[UUID], details: dict[str, Any],
        said: str, refused: bool,
    ) -> None:  # fmt: skip
        """One act and what came of it."""
        entry = {"step": step, "at": at.isoformat(timespec="milliseconds"), "store": store, "act": kind, **details}
        line = json.dumps(entry | {"about": [str(one) for one in about], "said": said}, default=str)
        self._last.append(line)
        if self._file is not None:
            self._file.write(line + "\n")
        if refused:
            self.refused[f"{kind}: {said}"] += 1
        else:
            # A job that found nothing to do has not shown anything.
            (self.idle if said == NOTHING else self.done)[kind] += 1

    def last(self, ids: Collection[str] = (), *, most: int = SHOWN) -> list[str]:
        """The last acts; with ids, of those that were about one of them."""
        lines = [line for line in self._last if not ids or any(one in line for one in ids)]
        return lines[-most:]

    def close(self) -> None:
        """Put on disk what is not there yet."""
        if self._file is not None:
            self._file.close()
