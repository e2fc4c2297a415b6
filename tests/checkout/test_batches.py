"""A batch gives exactly what its orders placed one after another would have given, and what they should have given."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.checkout.placing import Outcome, Submission, place_orders
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.kernel.refusals import Refusal
from tests.checkout.expected import ExpectedShop, told
from tests.checkout.world_rows import build, everything, submission
from tests.checkout.worlds import Article, Asked, Basket, Case, Depot, Key, Level, Line, World, cases
from tests.examples import examples


@pytest.fixture(scope="module")
async def selling(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection as the server sells on; nothing here needs to survive a crash."""
    connection = await connect(database.server_url)
    await connection.execute("SET synchronous_commit = off")
    yield connection
    await connection.close()


@examples(120)
@given(case=cases(), cuts=st.sets(st.integers(1, 8)))
async def test_a_batch_is_what_its_orders_would_have_been_one_after_another(
    database: Database, selling: "asyncpg.Connection[asyncpg.Record]", case: Case, cuts: set[int]
) -> None:
    await _compare(database, selling, case, cuts)


async def test_a_key_that_went_to_another_cart_in_the_same_batch_is_refused_to_one_that_is_an_order_already(
    database: Database, selling: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    free = Article(price=100, price_now=100, levels=(Level(9),))
    world = World((Depot(0),), (free,), (), (Basket((Line(0, 1),)), Basket((Line(0, 1),))), 0, tax_included=True)
    key = Key("customer", "k", 1)
    ordered, with_the_key, again = Asked(0), Asked(1, key=key), Asked(0, key=replace(key, request=2))

    await _compare(database, selling, Case(world, (ordered, with_the_key, again)), {1})


@pytest.mark.parametrize(
    "wrong",
    [{"missing": ("email",)}, {"expired": True}, {"quote_expired": True}, {"changed": True}, {"lines": (Line(0, 99),)}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_key_that_went_to_another_cart_in_the_same_batch_goes_before_all_that_is_wrong_with_this_one(
    database: Database, selling: "asyncpg.Connection[asyncpg.Record]", wrong: dict[str, Any]
) -> None:
    free = Article(price=100, price_now=100, levels=(Level(9),))
    sound = Basket((Line(0, 1),))
    world = World((Depot(0),), (free,), (), (sound, replace(sound, **wrong)), 0, tax_included=True)
    asked = (Asked(0, key=Key("customer", "k", 1)), Asked(1, key=Key("customer", "k", 2)))

    await _compare(database, selling, Case(world, asked), set())


async def _compare(
    database: Database, selling: "asyncpg.Connection[asyncpg.Record]", case: Case, cuts: set[int]
) -> None:
    world, asked = case.world, case.asked
    handed_in = [submission(world, n, one) for n, one in enumerate(asked)]

    together = await _placed(database, selling, world, handed_in, cuts=[])
    one_by_one = await _placed(database, selling, world, handed_in, cuts=range(1, len(asked)))
    in_parts = await _placed(database, selling, world, handed_in, cuts=sorted(cut for cut in cuts if cut < len(asked)))

    assert one_by_one.answers == together.answers
    assert one_by_one.rows == together.rows
    assert one_by_one.answers == in_parts.answers
    assert one_by_one.rows == in_parts.rows
    shop = ExpectedShop(world)
    expected = [shop.place(one, placed) for one, placed in zip(asked, handed_in, strict=True)]
    assert [told(outcome) for outcome in together.outcomes] == expected
    assert _taken(together.rows) == {str(level): units for level, units in shop.taken.items() if units}


class _Result:
    """What was answered, and what stands in the store afterwards."""

    def __init__(self, outcomes: list[Outcome], rows: dict[str, list[Any]]) -> None:
        self.outcomes = outcomes
        self.rows = rows
        self.answers = [(type(one), one.data) if isinstance(one, Refusal) else one for one in outcomes]


async def _placed(
    database: Database,
    selling: "asyncpg.Connection[asyncpg.Record]",
    world: World,
    handed_in: Sequence[Submission],
    *,
    cuts: Sequence[int],
) -> _Result:
    """Build the world in a store of its own and place the submissions, in batches that begin at the cuts."""
    store_id = uuid4()
    await build(database, store_id, world)
    outcomes: list[Outcome] = []
    for start, end in zip([0, *cuts], [*cuts, len(handed_in)], strict=True):
        batch = handed_in[start:end]
        outcomes += await place_orders(selling, store_id, batch, range(1001 + start, 1001 + end))
    return _Result(outcomes, await everything(database, store_id))


def _taken(rows: dict[str, list[Any]]) -> dict[str, int]:
    """Units that orders took, by level."""
    taken: Counter[str] = Counter()
    for movement in rows.get("stock_movements", []):
        if movement["order_id"] and movement["kind"] in ("commit", "reserve"):
            taken[movement["level_id"]] += movement["committed"] + movement["reserved"]
    return dict(taken)
