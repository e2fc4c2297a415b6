"""A real browser for tests: the system's Chromium, or a skip that says how to install it.

With STOA_BROWSER=required a missing browser fails the tests that need one.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

INSTALL = "apt-get install -y chromium"

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SKIPPED = "There is no Chromium"


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """The browser, closed at the end."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        says = f"{_SKIPPED}; install it with: {INSTALL}"
        if os.environ.get("STOA_BROWSER") == "required":
            pytest.fail(f"STOA_BROWSER is required. {says}")
        pytest.skip(says)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(_QUIET))
        yield browser
        await browser.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many tests went without a browser, and the line that changes it."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if _SKIPPED in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests need a browser and were skipped; install it with: {INSTALL}")
