"""Who acts."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """Who does it. `permissions` are `domain.verb` strings; a guest or customer has none."""

    kind: Literal["guest", "customer", "staff", "key", "system"]
    id: UUID | None = None
    permissions: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        """As history and movements name them: the kind and the id, never a person's name."""
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM = Actor("system")
GUEST = Actor("guest")
