"""The laws of the catalog find what breaks them."""

import pytest
from sqlalchemy import text

from stoa.catalog import NewOption, NewVariant
from stoa.catalog.laws import LAWS

# Each law, and a change behind the operations' back that breaks it.
BROKEN = {
    "a variant chooses a value of its own product's option": """
        UPDATE variant_options SET value_id = (SELECT id FROM option_values WHERE value = 'Moss')
        WHERE option_id = (SELECT id FROM product_options WHERE name = 'Size')
    """,
    "a variant chooses of every option of its product": "DELETE FROM variant_options",
    "no two living variants of a product make the same choice": """
        UPDATE variant_options SET value_id = (SELECT id FROM option_values WHERE value = 'S')
        WHERE option_id = (SELECT id FROM product_options WHERE name = 'Size')
    """,
    "no living product stands in a deleted category": "UPDATE categories SET deleted_at = now()",
    "no category stands in itself": "UPDATE categories SET parent_id = id",
}


@pytest.mark.parametrize("law", LAWS)
async def test_a_law_holds_until_it_is_broken(tx, make, law):
    shelf = await make.category()
    await make.product(
        "Bowl",
        category_id=shelf.id,
        options=[NewOption("Size", ["S", "L"]), NewOption("Glaze", ["Moss"])],
        variants=[
            NewVariant("S", 1, choice={"Size": "S", "Glaze": "Moss"}),
            NewVariant("L", 1, choice={"Size": "L", "Glaze": "Moss"}),
        ],
    )
    assert (await tx.execute(text(LAWS[law]))).all() == []

    await tx.execute(text(BROKEN[law]))

    assert (await tx.execute(text(LAWS[law]))).all() != []
