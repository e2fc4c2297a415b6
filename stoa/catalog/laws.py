"""Queries over all stores that must return no row: what always holds of a catalog."""

LAWS = {
    "a variant chooses a value of its own product's option": """
        SELECT chosen.store_id, chosen.variant_id, chosen.option_id
        FROM variant_options chosen
        JOIN variants variant ON variant.store_id = chosen.store_id AND variant.id = chosen.variant_id
        JOIN product_options known ON known.store_id = chosen.store_id AND known.id = chosen.option_id
        JOIN option_values value ON value.store_id = chosen.store_id AND value.id = chosen.value_id
        WHERE known.product_id <> variant.product_id OR value.option_id <> chosen.option_id
    """,
    "a variant chooses of every option of its product": """
        SELECT variant.store_id, variant.id, known.name
        FROM variants variant
        JOIN product_options known
            ON known.store_id = variant.store_id AND known.product_id = variant.product_id
        LEFT JOIN variant_options chosen
            ON chosen.store_id = variant.store_id AND chosen.variant_id = variant.id AND chosen.option_id = known.id
        WHERE chosen.id IS NULL
    """,
    "no two living variants of a product make the same choice": """
        SELECT store_id, product_id, choice FROM (
            SELECT variant.store_id, variant.product_id,
                array_agg(chosen.value_id ORDER BY chosen.value_id) FILTER (WHERE chosen.id IS NOT NULL) AS choice
            FROM variants variant
            LEFT JOIN variant_options chosen
                ON chosen.store_id = variant.store_id AND chosen.variant_id = variant.id
            WHERE variant.deleted_at IS NULL
            GROUP BY variant.store_id, variant.product_id, variant.id
        ) choices
        GROUP BY store_id, product_id, choice HAVING count(*) > 1
    """,
    "no living product stands in a deleted category": """
        SELECT product.store_id, product.id
        FROM products product
        JOIN categories category ON category.store_id = product.store_id AND category.id = product.category_id
        WHERE product.deleted_at IS NULL AND category.deleted_at IS NOT NULL
    """,
    "no category stands in itself": """
        WITH RECURSIVE above (store_id, id, parent_id) AS (
            SELECT store_id, id, parent_id FROM categories
            UNION
            SELECT above.store_id, above.id, category.parent_id
            FROM above
            JOIN categories category ON category.store_id = above.store_id AND category.id = above.parent_id
        )
        SELECT store_id, id FROM above WHERE id = parent_id
    """,
}
