"""The database rules, looked up in the catalog for every table there is; and each rule's query has seen an offence."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from stoa.db.engine import connect
from stoa.db.models import Global, Model, StoreOwned
from stoa.db.urls import Urls
from tests.laws.rules import RULES, Rule

MODELS = [mapper.class_ for mapper in Model.registry.mappers]
GLOBAL = sorted(str(model.__tablename__) for model in MODELS if issubclass(model, Global))

# Rule 23, by name: what grows without end and is found by id, and what must keep something else unique.
PARTITIONED = {"stock_movements", "events", "order_history"}
WHOLE = {"orders", "carts", "payments", "idempotency_keys"}


@pytest.fixture
async def mighty(urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A superuser's transaction that is rolled back."""
    assert urls.admin is not None
    connection = await connect(urls.admin)
    await connection.execute("BEGIN")
    yield connection
    await connection.execute("ROLLBACK")
    await connection.close()


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_no_table_offends_against(mighty: "asyncpg.Connection[asyncpg.Record]", rule: Rule) -> None:
    assert [tuple(row) for row in await mighty.fetch(rule.query, GLOBAL)] == []


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_an_offence_is_seen_against(mighty: "asyncpg.Connection[asyncpg.Record]", rule: Rule) -> None:
    await mighty.execute(rule.offence)

    assert await mighty.fetch(rule.query, GLOBAL) != []


async def test_the_models_are_the_tables_that_there_are(mighty: "asyncpg.Connection[asyncpg.Record]") -> None:
    found = await mighty.fetch(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition"
    )

    assert {row[0] for row in found} == {str(model.__tablename__) for model in MODELS} | {"alembic_version"}
    assert all(issubclass(model, Global) != issubclass(model, StoreOwned) for model in MODELS)


async def test_rights_are_those_of_the_models_to_the_letter(mighty: "asyncpg.Connection[asyncpg.Record]") -> None:
    assert await _rights(mighty) == _meant()


@pytest.mark.parametrize(
    "offence",
    [
        "GRANT TRUNCATE ON orders TO stoa_server",
        "GRANT UPDATE ON order_lines TO stoa_server",
        "GRANT UPDATE (reason) ON stock_movements TO stoa_server",
        "GRANT INSERT ON orders TO stoa_reader",
        "GRANT SELECT ON orders TO PUBLIC",
        "REVOKE DELETE ON carts FROM stoa_server",
        "GRANT SELECT ON alembic_version TO stoa_server",
    ],
)
async def test_a_right_too_many_or_too_few_is_seen(mighty: "asyncpg.Connection[asyncpg.Record]", offence: str) -> None:
    await mighty.execute(offence)

    assert await _rights(mighty) != _meant()


async def test_what_grows_without_end_is_partitioned_and_what_is_unique_otherwise_is_not(
    mighty: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    found = await mighty.fetch("SELECT partrelid::regclass::text FROM pg_partitioned_table")

    assert {row[0] for row in found} >= PARTITIONED
    assert not {row[0] for row in found} & WHOLE


async def _rights(connection: "asyncpg.Connection[asyncpg.Record]") -> set[tuple[Any, ...]]:
    """Who but the owner may do what with which table, whole or by column. (What views show, the tables decide.)"""
    rows = await connection.fetch(
        """
        SELECT c.relname::text, acl.grantee, acl.privilege_type, acl.is_grantable
        FROM pg_class c
        CROSS JOIN LATERAL (
            SELECT * FROM aclexplode(c.relacl)
            UNION ALL
            SELECT x.grantor, x.grantee, x.privilege_type || ' of ' || a.attname, x.is_grantable
            FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x WHERE a.attrelid = c.oid
        ) acl
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND acl.grantee <> c.relowner
        """
    )
    names = {
        row["oid"]: row["name"] for row in await connection.fetch("SELECT oid, rolname::text AS name FROM pg_roles")
    }
    return {(table, names.get(grantee, "PUBLIC"), right, grant) for table, grantee, right, grant in rows}


def _meant() -> set[tuple[Any, ...]]:
    rights = set()
    for model in MODELS:
        granted = model.granted if issubclass(model, StoreOwned) else StoreOwned.granted
        rights |= {(model.__tablename__, "stoa_server", right.strip(), False) for right in granted.split(",")}
        rights.add((model.__tablename__, "stoa_reader", "SELECT", False))
    return rights
