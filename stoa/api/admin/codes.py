"""Discount codes."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import budgets
from stoa.api.admin.who import StaffTx
from stoa.api.views import Act, Amount, Currency, Cursor, Instant, Limit, Made, Page, View, page_of
from stoa.budgets.codes import MOST_USES
from stoa.budgets.errors import BadCode, BadTerms, CodeTaken, UnknownCode
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.kernel.cursors import BadCursor
from stoa.kernel.money import LARGEST_AMOUNT

router = APIRouter(route_class=StaffRoute, tags=["discounts"])


class CodeView(View):
    """A code: `amount` off the goods of one order, which `uses_left` orders may still use."""

    id: UUID
    code: str
    amount: Amount
    currency: Currency
    uses_left: int
    starts_at: datetime | None
    ends_at: datetime | None


class MakeCode(Act):
    """A word that takes a fixed amount off an order."""

    code: str = Field(max_length=60, examples=["WELCOME5"])
    amount: Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, examples=[500])]
    uses: Annotated[int, Field(strict=True, ge=1, le=MOST_USES, examples=[100])]
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class CodeMade(Made):
    """The code, as it is written."""

    code: str


@router.get("/discount-codes", summary="List discount codes", responses=refusals(BadCursor))
@needs("discounts.read")
async def list_codes(tx: StaffTx, cursor: Cursor = None, limit: Limit = 50) -> Page[CodeView]:
    """Newest first."""
    return page_of(CodeView, await budgets.list_codes(tx, cursor=cursor, limit=limit))


@router.post(
    "/discount-codes",
    status_code=201,
    summary="Make a discount code",
    responses=refusals(BadCode, CodeTaken, BadTerms),
)
@needs("discounts.write")
async def make_code(body: MakeCode, tx: StaffTx) -> CodeMade:
    """From `starts_at` until just before `ends_at`, where they are given."""
    return CodeMade.of(await budgets.create_code(tx, **body.model_dump()))


@router.post("/discount-codes/{code_id}/end", summary="End a discount code", responses=refusals(UnknownCode))
@needs("discounts.write")
async def end_code(code_id: UUID, tx: StaffTx) -> CodeMade:
    """Now, if it has not ended before."""
    return CodeMade.of(await budgets.end_code(tx, code_id=code_id))
