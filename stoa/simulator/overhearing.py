"""What the house logs while it is simulated: a fault that it only logs is a fault all the same."""

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog

_BUSY = ("LockNotAvailable", "TimeoutError", "InterfaceError", "ConnectionDoesNotExist")


@dataclass
class Overheard:
    """Warnings are counted, errors are kept in words."""

    warnings: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Take every line of this process's log from now on."""
        structlog.configure(
            processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, self._heard]
        )

    def _heard(self, _logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if line["level"] in ("error", "critical"):
            said = str(dict(line))
            # A machine that was too busy to give a lock in time is no fault of the house.
            if any(word in said for word in _BUSY):
                self.warnings["too busy to answer"] += 1
            else:
                self.faults.append(said)
        elif line["level"] == "warning":
            self.warnings[str(line["event"])] += 1
        raise structlog.DropEvent
