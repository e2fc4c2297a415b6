"""Waiting for what has to come: as long as it takes, and not for ever."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

LONGEST_SECONDS = 120.0


async def until(is_so: Callable[[], bool | Awaitable[bool]], what: str = "it", *, every_seconds: float = 0.02) -> None:
    """Wait until it is so; fails the test where that does not happen."""
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        answer = is_so()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        assert time.monotonic() < end, f"waited {LONGEST_SECONDS:g} seconds in vain: {what}"
        await asyncio.sleep(every_seconds)
