"""The books of the test provider: one row a payment, with the answer to every key it was asked under."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import Tx
from stoa.payments.models import AttemptKind, AttemptState, PretendCharge
from stoa.payments.provider import Ask, Card, Outcome

_TOKEN = "test_"  # noqa: S105  (the beginning of every token)
_WORDS = {
    "insufficient_funds": "The card has insufficient funds.",
    "declined": "The card was declined.",
    "not_confirmed": "It was not confirmed at the bank.",
    "voided": "The payment was let go.",
}


@dataclass(frozen=True)
class Told:
    """What a token tells the provider to do, and with what: `test_slow:500` is `slow` with `500`."""

    name: str
    how: str = ""

    @classmethod
    def by(cls, token: str | None) -> Self:
        """The order in a token; any other text is a card that works."""
        name, _, how = (token or "").removeprefix(_TOKEN).partition(":")
        return cls(name if (token or "").startswith(_TOKEN) else "ok", how)

    @property
    def seconds(self) -> float:
        """How long, of those that take time: milliseconds are told, up to a minute."""
        return min(int(self.how), 60_000) / 1000 if self.how.isdigit() else 0.0


async def enter(tx: Tx, ask: Ask, told: Told) -> tuple[PretendCharge, bool]:
    """The charge of this authorisation, locked, and whether it is new in the books."""
    found = await _locked(tx, PretendCharge.id == ask.attempt_id)
    if found is not None:
        return found, False
    await tx.execute(
        insert(PretendCharge)
        .values(
            store_id=tx.store_id,
            id=ask.attempt_id,
            reference=f"test_{ask.attempt_id.hex}",
            status=_beginning(told),
            amount=ask.amount,
            captured=0,
            refunded=0,
            currency=ask.currency,
            answers={"told": _facts(tx, ask, told)},
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["store_id", "id"])
    )
    made = await _locked(tx, PretendCharge.id == ask.attempt_id)
    assert made is not None, "it was written, here or beside us"
    if made.status == "authorized" and ask.captures:
        take(made)
    return made, True


async def charge_of(tx: Tx, reference: str | None) -> PretendCharge | None:
    """The charge with this reference, locked."""
    return await _locked(tx, PretendCharge.reference == reference) if reference else None


async def attempted(tx: Tx, ask: Ask) -> PretendCharge | None:
    """The charge that an authorisation made, locked; None where it was never heard of."""
    charge = await _locked(tx, PretendCharge.id == ask.attempt_id)
    return None if charge is None or charge.status == "unheard" else charge


def standing(charge: PretendCharge, now: datetime) -> Outcome:
    """What became of the authorisation, as the books have it now."""
    ripen(charge, now)
    facts = charge.answers["told"]
    common: dict[str, Any] = {"reference": charge.reference, "payment_reference": charge.reference}
    match charge.status:
        case "processing":
            return Outcome(state=AttemptState.WAITING, **common)
        case "requires_action":
            return Outcome(
                state=AttemptState.WAITING, next_action={"redirect_url": _page(charge, facts["return_url"])}, **common
            )
        case "authorized" | "captured":
            return Outcome(
                state=AttemptState.SUCCEEDED,
                amount=charge.captured or charge.amount,
                captured=charge.status == "captured",
                card=_card(charge) if facts["keeps_card"] else None,
                **common,
            )
        case _:
            code = "voided" if charge.status == "voided" else facts["reason"]
            says = _WORDS.get(code, f"The card was declined: {code.replace('_', ' ')}.")
            return Outcome(state=AttemptState.FAILED, reason_code=code, reason=says, **common)


def ripen(charge: PretendCharge, now: datetime) -> None:
    """What was on its way has arrived, once its time has come."""
    facts = charge.answers["told"]
    if charge.status == "processing" and now >= datetime.fromisoformat(facts["ready_at"]):
        promise(charge, refused="declined" if facts["refuses"] else None)


def promise(charge: PretendCharge, *, refused: str | None = None) -> None:
    """The money is promised, and taken where that was asked for in one step; or it is refused for a reason."""
    facts = charge.answers["told"]
    charge.status = "failed" if refused else "authorized"
    if refused:
        charge.answers = {**charge.answers, "told": {**facts, "reason": refused}}
    elif facts["captures"]:
        take(charge)


def take(charge: PretendCharge, amount: int | None = None) -> None:
    """The money, or a part of it, is taken; what is left is let go."""
    charge.captured = amount or charge.amount
    charge.status = "captured"


def act(charge: PretendCharge, ask: Ask) -> Outcome:
    """Capture, void or refund, once under its key; the answer."""
    key = ask.attempt_id.hex
    if key not in charge.answers:
        charge.answers = {**charge.answers, key: _do(charge, ask)}
    return answered(charge, ask)


def answered(charge: PretendCharge, ask: Ask) -> Outcome:
    """The answer that was given under this key."""
    given: Mapping[str, Any] = charge.answers[ask.attempt_id.hex]
    return Outcome(
        state=AttemptState(given["state"]),
        reference=given["reference"],
        payment_reference=charge.reference,
        amount=ask.amount,
        reason_code=given.get("code"),
        reason=given.get("reason"),
    )


def _do(charge: PretendCharge, ask: Ask) -> dict[str, Any]:
    reference = f"test_{ask.kind}_{ask.attempt_id.hex}"
    refusal = _refusal(charge, ask)
    if refusal is not None:
        code, reason = refusal
        return {"state": AttemptState.FAILED, "reference": reference, "code": code, "reason": reason}
    match ask.kind:
        case AttemptKind.CAPTURE:
            take(charge, ask.amount)
        case AttemptKind.VOID:
            charge.status = "voided"
        case AttemptKind.REFUND:
            charge.refunded += ask.amount
    return {"state": AttemptState.SUCCEEDED, "reference": reference}


def _refusal(charge: PretendCharge, ask: Ask) -> tuple[str, str] | None:
    """Why this cannot be done with the charge; None where it can."""
    if charge.answers["told"]["name"] == f"{ask.kind}_fails":
        return "told_to_fail", "The test provider was told to refuse this."
    match ask.kind:
        case AttemptKind.CAPTURE if charge.status != "authorized" or ask.amount > charge.amount:
            return "not_capturable", f"The payment is {charge.status}."
        case AttemptKind.VOID if charge.status not in ("authorized", "requires_action", "processing"):
            return "not_voidable", f"The payment is {charge.status}."
        case AttemptKind.REFUND if ask.amount > charge.captured - charge.refunded:
            return "not_refundable", f"Only {charge.captured - charge.refunded} can be given back."
    return None


def _beginning(told: Told) -> str:
    match told.name:
        case "declined" | "insufficient_funds":
            return "failed"
        case "3ds":
            return "requires_action"
        case "late" | "late_declined":
            return "processing"
        case "flaky":
            return "unheard"
        case _:
            return "authorized"


def _facts(tx: Tx, ask: Ask, told: Told) -> dict[str, Any]:
    return {
        "name": told.name,
        "captures": ask.captures,
        "payment_id": str(ask.payment_id),
        "return_url": ask.return_url or "",
        "keeps_card": ask.keeps_card,
        "reason": told.how or told.name,
        "refuses": told.name == "late_declined",
        "ready_at": (tx.now + timedelta(seconds=told.seconds)).isoformat(),
    }


def _page(charge: PretendCharge, return_url: str) -> str:
    """Where the shopper says yes or no: a page of the shop itself, in the test provider's name."""
    parts = urlsplit(return_url)
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"{origin}/pay/test/{charge.reference}"


def _card(charge: PretendCharge) -> Card:
    return Card(token=f"test_ok:{charge.id.hex[-12:]}", brand="Test", last4="4242", expires_month=12, expires_year=2040)


async def _locked(tx: Tx, condition: Any) -> PretendCharge | None:
    return await tx.one_or_none(
        select(PretendCharge).where(condition).with_for_update().execution_options(populate_existing=True)
    )
