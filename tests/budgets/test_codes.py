"""A discount code is found however it is typed, within its time, as long as uses are left."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from stoa import budgets
from stoa.budgets.errors import BadCode, BadTerms, CodeEnded, CodeNotStarted, CodeSpent, CodeTaken, UnknownCode
from stoa.budgets.laws import LAWS
from stoa.kernel.money import LARGEST_AMOUNT
from tests.promises import refused


async def broken_laws(tx):
    return [name for name, sql in LAWS.items() if (await tx.execute(text(sql))).all()]


async def test_a_code_is_found_however_it_is_typed(tx, make):
    made = await make.code(" welcome-5 ", amount=500, uses=3)

    found = await budgets.usable_code(tx, code="Welcome-5", currency="GBP")

    assert found == made
    assert (found.code, found.amount, found.currency, found.uses_left) == ("WELCOME-5", 500, "GBP", 3)
    assert await broken_laws(tx) == []


@pytest.mark.parametrize("typed", ["", "WELCOME", "WELCOME55", "we lcome5", "x" * 1000, "W\x00", "ＷELCOME5"])
async def test_an_unknown_code_is_refused(tx, make, typed):
    await make.code("WELCOME5")

    with refused(UnknownCode):
        await budgets.usable_code(tx, code=typed, currency="GBP")


async def test_a_code_of_another_currency_or_store_is_unknown(database, tx, make, other_store):
    await make.code("WELCOME5")
    async with database.store(other_store.id) as elsewhere:
        await budgets.create_code(elsewhere, code="THEIRS", amount=1, uses=1)

    with refused(UnknownCode):
        await budgets.usable_code(tx, code="WELCOME5", currency="EUR")
    with refused(UnknownCode):
        await budgets.usable_code(tx, code="THEIRS", currency="GBP")


async def test_a_code_is_valid_from_its_start_until_just_before_its_end(tx, make, noon):
    await make.code("MAY", starts_at=noon, ends_at=noon + timedelta(hours=1))

    tx.now = noon - timedelta(microseconds=1)
    with refused(CodeNotStarted) as refusal:
        await budgets.usable_code(tx, code="MAY", currency="GBP")
    assert refusal.value.starts_on == "2026-05-04"
    tx.now = noon
    assert (await budgets.usable_code(tx, code="MAY", currency="GBP")).code == "MAY"
    tx.now = noon + timedelta(hours=1)
    with refused(CodeEnded):
        await budgets.usable_code(tx, code="MAY", currency="GBP")


async def test_the_day_a_code_starts_is_the_stores_day(tx, make):
    # Half an hour before midnight in UTC, it is the next day in London's summer.
    late = datetime.fromisoformat("2026-07-01T23:30:00Z")
    await make.code("JULY", starts_at=late)

    tx.now = late - timedelta(hours=1)
    with refused(CodeNotStarted) as refusal:
        await budgets.usable_code(tx, code="JULY", currency="GBP")

    assert refusal.value.starts_on == "2026-07-02"


async def test_a_code_that_was_used_up_is_refused(tx, make):
    made = await make.code("ONCE", uses=1)
    await tx.execute(text("UPDATE budgets SET balance = 0 WHERE id = :id"), {"id": made.budget_id})

    with refused(CodeSpent):
        await budgets.usable_code(tx, code="ONCE", currency="GBP")
    assert await broken_laws(tx) == ["a budget is the sum of its entries"]


async def test_a_code_can_be_ended(tx, make):
    made = await make.code("MAY")

    ended = await budgets.end_code(tx, code_id=made.id)
    again = await budgets.end_code(tx, code_id=made.id)

    assert ended.ends_at == again.ends_at == tx.now
    with refused(CodeEnded):
        await budgets.usable_code(tx, code="MAY", currency="GBP")
    with refused(UnknownCode):
        await budgets.end_code(tx, code_id=tx.new_id())


@pytest.mark.parametrize("code", ["", "AB", "A B C", "-ABC", "ÄBC", "A" * 41, "A\x00BC"])
async def test_a_code_that_could_not_be_typed_is_refused(tx, code):
    with refused(BadCode):
        await budgets.create_code(tx, code=code, amount=1, uses=1)

    assert (await budgets.list_codes(tx)).items == ()


@pytest.mark.parametrize(
    "terms",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": LARGEST_AMOUNT + 1},
        {"uses": 0},
        {"uses": -1},
        {"uses": 10**9 + 1},
        {"uses": True},
        {"starts_at": datetime(2026, 5, 4)},  # noqa: DTZ001
        {"starts_at": datetime.fromisoformat("2026-05-04T00Z"), "ends_at": datetime.fromisoformat("2026-05-04T00Z")},
    ],
)
async def test_terms_that_cannot_be_are_refused(tx, terms):
    with refused(BadTerms):
        await budgets.create_code(tx, **({"code": "MAY", "amount": 1, "uses": 1} | terms))

    assert (await budgets.list_codes(tx)).items == ()


async def test_codes_are_listed_newest_first(tx, make):
    for code in ("ONE", "TWO", "THREE"):
        tx.now += timedelta(seconds=1)
        await make.code(code)
    with refused(CodeTaken):
        await make.code("two")

    first = await budgets.list_codes(tx, limit=2)
    rest = await budgets.list_codes(tx, limit=2, cursor=first.next)

    assert [code.code for code in first.items] == ["THREE", "TWO"]
    assert ([code.code for code in rest.items], rest.next) == (["ONE"], None)


async def test_one_code_is_made_once_however_many_make_it(database, store):
    async def make_it():
        async with database.store(store.id) as tx:
            await budgets.create_code(tx, code="MAY", amount=1, uses=1)

    outcomes = await asyncio.gather(*[make_it() for _ in range(3)], return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CodeTaken", "CodeTaken", "NoneType"]
