"""Which warehouses serve what is wanted: by priority, from the nearest, in the fewest parcels; split or not."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text

from stoa import carts, inventory
from stoa.db.transaction import Tx
from stoa.inventory.errors import NotTogether, UnknownWarehouse
from stoa.inventory.models import StockLevel, Warehouse, WarehouseKind
from stoa.inventory.warehouses import create_warehouse, list_warehouses, update_warehouse
from stoa.kernel.spots import Spot
from stoa.stores.settings import change_settings
from tests.carts.test_holds import shopper
from tests.make.selling import ADA, sellable
from tests.promises import refused

LONDON, LEEDS, PARIS = Spot(51_507_351, -127_758), Spot(53_800_755, -1_549_077), Spot(48_856_614, 2_352_222)


@dataclass
class Shelves:
    """Warehouses by code, and what stands in them."""

    tx: Tx
    ids: dict[str, UUID]

    async def put(self, **units: dict[UUID, int]) -> None:
        """So many units of each variant in each warehouse (by code), beside what is there."""
        receipts = [
            inventory.Receipt(variant, self.ids[code], count)
            for code, wanted in units.items()
            for variant, count in wanted.items()
        ]
        await inventory.receive_many(self.tx, receipts=receipts)

    async def picked(
        self,
        rule: str,
        *lines: tuple[UUID, int],
        splits: bool = True,
        to: Spot | None = None,
        country: str = "",
    ) -> list[tuple[int, str, int]]:
        """Line, code of the warehouse, units: in the order of the lines, then of the codes."""
        values = {
            "store": self.tx.store_id,
            "rule": rule,
            "splits": splits,
            "lines": list(range(1, len(lines) + 1)),
            "variants": [variant for variant, _ in lines],
            "quantities": [quantity for _, quantity in lines],
            "latitude": to.latitude_microdegrees if to else None,
            "longitude": to.longitude_microdegrees if to else None,
            "country": country,
        }
        return [tuple(row) for row in await self.tx.execute(PICK, values)]


PICK = text("""
SELECT p.line, w.code, p.quantity
FROM stoa.pick_stock(CAST(:store AS uuid), CAST(:rule AS text), CAST(:splits AS boolean), CAST(:lines AS int[]),
    CAST(:variants AS uuid[]), CAST(:quantities AS bigint[]), NULL, NULL, CAST(:latitude AS bigint),
    CAST(:longitude AS bigint), CAST(:country AS text)) p
JOIN stock_levels s ON s.store_id = :store AND s.id = p.level
JOIN warehouses w ON w.store_id = :store AND w.id = s.warehouse_id
ORDER BY p.line, w.code
""")


@pytest.fixture
async def shelves(tx: Tx) -> Shelves:
    """Three warehouses, and nothing in them."""
    made = {
        "leeds": await create_warehouse(tx, code="leeds", name="Leeds", country="GB", priority=2, spot=LEEDS),
        "london": await create_warehouse(tx, code="london", name="London", country="GB", priority=3, spot=LONDON),
        "paris": await create_warehouse(tx, code="paris", name="Paris", country="FR", priority=1, spot=PARIS),
    }
    return Shelves(tx, {code: warehouse.id for code, warehouse in made.items()})


async def later_shelf(tx: Tx, variant: UUID, units: int) -> None:
    """So many units of it may be promised beyond stock."""
    found = await tx.execute(
        text("SELECT id FROM warehouses WHERE store_id = :s AND kind = 'backorder'"), {"s": tx.store_id}
    )
    warehouse_id = found.scalar_one_or_none()
    if warehouse_id is None:
        warehouse_id = tx.add(Warehouse(code="backorder", name="", kind=WarehouseKind.BACKORDER)).id
        await tx.flush()
    tx.add(StockLevel(variant_id=variant, warehouse_id=warehouse_id, on_hand=units))
    await tx.flush()


async def test_by_priority_the_lowest_number_serves_first(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(leeds={mug: 2}, london={mug: 9}, paris={mug: 1})

    assert await shelves.picked("priority", (mug, 1)) == [(1, "paris", 1)]
    assert await shelves.picked("priority", (mug, 6)) == [(1, "leeds", 2), (1, "london", 3), (1, "paris", 1)]
    assert await shelves.picked("priority", (mug, 2), (mug, 2)) == [
        (1, "leeds", 1), (1, "paris", 1), (2, "leeds", 1), (2, "london", 1)
    ]  # fmt: skip
    # What cannot be served is missing from the answer.
    assert await shelves.picked("priority", (mug, 20)) == [(1, "leeds", 2), (1, "london", 9), (1, "paris", 1)]


async def test_the_nearest_serves_first_wherever_it_goes(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(leeds={mug: 1}, london={mug: 1}, paris={mug: 1})
    brighton, york, lyon = Spot(50_822_530, -137_163), Spot(53_959_965, -1_087_298), Spot(45_764_043, 4_835_659)

    assert await shelves.picked("nearest", (mug, 1), to=brighton) == [(1, "london", 1)]
    assert await shelves.picked("nearest", (mug, 1), to=york) == [(1, "leeds", 1)]
    assert await shelves.picked("nearest", (mug, 1), to=lyon) == [(1, "paris", 1)]
    assert await shelves.picked("nearest", (mug, 2), to=lyon) == [(1, "london", 1), (1, "paris", 1)]


async def test_around_the_other_side_of_the_globe_is_near(tx: Tx) -> None:
    mug = await sellable(tx, stock=0)
    fiji = await create_warehouse(tx, code="fiji", name="Suva", priority=9, spot=Spot(-18_124_809, 178_450_079))
    hawaii = await create_warehouse(tx, code="hawaii", name="Honolulu", spot=Spot(21_306_944, -157_858_333))
    shelves = Shelves(tx, {"fiji": fiji.id, "hawaii": hawaii.id})
    await shelves.put(fiji={mug: 1}, hawaii={mug: 1})

    samoa = Spot(-13_850_696, -171_751_355)

    assert await shelves.picked("nearest", (mug, 1), to=samoa) == [(1, "fiji", 1)]


async def test_where_the_place_is_not_known_its_country_serves_first(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(leeds={mug: 1}, london={mug: 1}, paris={mug: 1})

    assert await shelves.picked("nearest", (mug, 1), country="GB") == [(1, "leeds", 1)]
    assert await shelves.picked("nearest", (mug, 1), country="FR") == [(1, "paris", 1)]
    assert await shelves.picked("nearest", (mug, 1), country="IT") == [(1, "paris", 1)]


async def test_a_warehouse_that_is_nowhere_serves_after_those_that_are_somewhere(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(london={mug: 1}, paris={mug: 1})
    await update_warehouse(tx, warehouse_id=shelves.ids["london"], spot=None)

    assert await shelves.picked("nearest", (mug, 1), to=LONDON) == [(1, "paris", 1)]


async def test_equally_near_ones_serve_by_priority(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await update_warehouse(tx, warehouse_id=shelves.ids["leeds"], spot=LONDON)
    await shelves.put(leeds={mug: 1}, london={mug: 1})

    assert await shelves.picked("nearest", (mug, 1), to=LONDON) == [(1, "leeds", 1)]


async def test_the_fewest_parcels_come_from_who_has_most_of_it_whole(tx: Tx, shelves: Shelves) -> None:
    mug, bowl, jug = [await sellable(tx, stock=0) for _ in range(3)]
    await shelves.put(paris={mug: 9}, leeds={mug: 1, bowl: 2, jug: 1}, london={mug: 9, bowl: 9})

    all_of_it = await shelves.picked("fewest_parcels", (mug, 1), (bowl, 1), (jug, 1))
    most_of_it = await shelves.picked("fewest_parcels", (mug, 2), (bowl, 3), (jug, 1))

    assert all_of_it == [(1, "leeds", 1), (2, "leeds", 1), (3, "leeds", 1)]
    assert most_of_it == [(1, "london", 2), (2, "london", 3), (3, "leeds", 1)]
    assert await shelves.picked("fewest_parcels", (mug, 1)) == [(1, "paris", 1)]


@pytest.mark.parametrize("rule", ["priority", "nearest", "fewest_parcels"])
async def test_what_may_not_be_split_comes_from_one_or_not_at_all(tx: Tx, shelves: Shelves, rule: str) -> None:
    mug, bowl = await sellable(tx, stock=0), await sellable(tx, stock=0)
    await shelves.put(paris={mug: 9}, leeds={bowl: 9}, london={mug: 1, bowl: 1})

    together = await shelves.picked(rule, (mug, 1), (bowl, 1), splits=False, to=PARIS)
    apart = await shelves.picked(rule, (mug, 2), (bowl, 1), splits=False, to=PARIS)

    assert together == [(1, "london", 1), (2, "london", 1)]
    assert apart == []


@pytest.mark.parametrize("splits", [True, False])
async def test_what_is_still_to_come_serves_last_and_apart(tx: Tx, shelves: Shelves, splits: bool) -> None:
    mug, bowl = await sellable(tx, stock=0), await sellable(tx, stock=0)
    await shelves.put(leeds={mug: 1, bowl: 1}, paris={mug: 3})
    await later_shelf(tx, mug, 2)
    await later_shelf(tx, bowl, 1)

    served = await shelves.picked("priority", (mug, 3), (bowl, 1), splits=splits)
    only_later = await shelves.picked("priority", (bowl, 2), splits=splits)

    if splits:
        assert served == [(1, "paris", 3), (2, "leeds", 1)]
    else:
        # Neither has three mugs and a bowl; Leeds has them with what is to come, and so has Paris.
        assert served == [(1, "paris", 3), (2, "backorder", 1)]
    assert only_later == [(1, "backorder", 1), (1, "leeds", 1)]


@pytest.mark.parametrize("rule", ["priority", "nearest", "fewest_parcels"])
async def test_what_may_not_be_split_is_still_to_come_only_where_no_warehouse_has_it(
    tx: Tx, shelves: Shelves, rule: str
) -> None:
    mug, bowl, plate = [await sellable(tx, stock=0) for _ in range(3)]
    await shelves.put(paris={plate: 1}, leeds={mug: 5, bowl: 1, plate: 2}, london={mug: 4})
    for variant in (mug, bowl, plate):
        await later_shelf(tx, variant, 10)

    async def served(*lines: tuple[UUID, int]) -> list[tuple[int, str, int]]:
        return await shelves.picked(rule, *lines, splits=False, to=PARIS)

    assert await served((mug, 5)) == [(1, "leeds", 5)]
    assert await served((mug, 6)) == [(1, "backorder", 1), (1, "leeds", 5)]
    assert await served((mug, 1), (plate, 1)) == [(1, "leeds", 1), (2, "leeds", 1)]
    # As few as can be are to come.
    assert await served((bowl, 2), (mug, 4)) == [(1, "backorder", 1), (1, "leeds", 1), (2, "leeds", 4)]
    # Who has as much of it as another is asked in the store's own order.
    assert await served((plate, 1)) == [(1, "paris", 1)]


async def test_safety_stock_and_closed_warehouses_serve_nobody(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(paris={mug: 5}, leeds={mug: 5}, london={mug: 5})
    await inventory.set_safety(tx, variant_id=mug, warehouse_id=shelves.ids["paris"], units=4)
    await update_warehouse(tx, warehouse_id=shelves.ids["leeds"], is_active=False)

    assert await shelves.picked("priority", (mug, 9)) == [(1, "london", 5), (1, "paris", 1)]


async def test_a_hold_comes_from_the_nearest_once_it_is_said_where_it_goes(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(paris={mug: 1}, leeds={mug: 1}, london={mug: 1})
    await change_settings(tx, allocation="nearest")
    ada = await shopper(tx, mug)
    first = await carts.hold(tx, **ada.whose)
    before = {
        level.warehouse_code: level.reserved for level in await inventory.levels_of_variants(tx, variant_ids=[mug])
    }

    await carts.set_contact(tx, **ada.whose, email="ada@example.com", shipping=ADA, spot=LONDON)

    after = {
        level.warehouse_code: level.reserved for level in await inventory.levels_of_variants(tx, variant_ids=[mug])
    }
    assert (before["paris"], before["london"]) == (1, 0)
    assert (after["paris"], after["london"]) == (0, 1)
    view = await carts.read_cart(tx, **ada.whose)
    assert first
    assert view.hold
    assert view.hold.expires_at == first.expires_at


async def test_a_hold_that_no_one_place_can_serve_is_refused(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await shelves.put(paris={mug: 1}, leeds={mug: 1})
    await change_settings(tx, splits_orders=False)
    ada = await shopper(tx, mug, 2)

    with refused(NotTogether):
        await carts.hold(tx, **ada.whose)

    levels = await inventory.levels_of_variants(tx, variant_ids=[mug])
    assert {level.reserved for level in levels} == {0}


async def test_the_list_of_what_is_to_come_is_no_warehouse_to_anybody(tx: Tx, shelves: Shelves) -> None:
    mug = await sellable(tx, stock=0)
    await later_shelf(tx, mug, 2)
    found = await tx.execute(
        text("SELECT id FROM warehouses WHERE store_id = :s AND kind = 'backorder'"), {"s": tx.store_id}
    )
    backorder = found.scalar_one()

    assert "backorder" not in {warehouse.code for warehouse in await list_warehouses(tx)}
    with refused(UnknownWarehouse):
        await update_warehouse(tx, warehouse_id=backorder, name="Mine")
