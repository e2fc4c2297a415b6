"""Starting the stand-in, and telling it how to behave."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.serving import ROOT

SECRET = "sk_test_fake"
WEBHOOK_SECRET = "whsec_of_the_tests"


@dataclass(frozen=True)
class StripeFake:
    """The stand-in, as tests speak to it beside the API."""

    url: str

    def knobs(self, **knobs: Any) -> None:
        """How the next requests fare: `on`, `times`, `fail`, `keeps`, `drop`, `slow_seconds`, `tell_twice`."""
        self._do("_knobs", **knobs)

    def tells(self, url: str, **how: Any) -> None:
        """Where events go from now on."""
        self._do("_webhooks", url=url, secret=WEBHOOK_SECRET, **how)

    def tells_nobody(self) -> None:
        """Events are lost."""
        self._do("_webhooks")

    def bank(self, intent_id: str, *, yes: bool) -> None:
        """The shopper answers their bank."""
        self._do(f"_bank/{intent_id}", yes=yes)

    def comes_back(self, refund_id: str) -> None:
        """A refund that succeeded fails after all."""
        self._do(f"_comes_back/{refund_id}")

    def cancels(self, intent_id: str) -> None:
        """Somebody cancels it in Stripe's dashboard."""
        headers = {"authorization": f"Bearer {SECRET}"}
        httpx.post(f"{self.url}/v1/payment_intents/{intent_id}/cancel", headers=headers).raise_for_status()

    def strange(self, amount: int) -> None:
        """Somebody else charges the same account."""
        self._do("_strange", amount=amount, currency="gbp")

    def intents_of(self, order_id: str) -> list[dict[str, Any]]:
        """What it knows of an order."""
        found = self._do("_look")["intents"]
        return [each for each in found if each["metadata"].get("stoa_order") == order_id]

    def _do(self, path: str, **body: Any) -> Any:
        return httpx.post(f"{self.url}/{path}", json=body, timeout=10).raise_for_status().json()


@contextmanager
def standing() -> Iterator[StripeFake]:
    """Serve until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.payments.stripe_fake"],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield StripeFake(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
