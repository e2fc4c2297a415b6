"""An installation of yesterday is brought to what today's release expects."""

from typing import Any

import psycopg
import pytest
from alembic.runtime.migration import MigrationInfo

from stoa.db import migrate as migrating
from stoa.db.migrate import TablesOfAnother, migrate
from tests.promises import refused
from tests.server import urls_for_tests

ARGUMENTS = "SELECT pg_get_function_arguments(oid) FROM pg_proc WHERE proname = 'pick_for_cart'"


def test_functions_whose_arguments_were_named_otherwise_are_made_anew() -> None:
    with urls_for_tests("yesterday") as urls:
        migrate(urls.owner)
        with psycopg.connect(urls.owner) as owner:
            (today,) = owner.execute("SELECT pg_get_functiondef('stoa.pick_for_cart'::regproc)").fetchone() or ("",)
            arguments = owner.execute(ARGUMENTS).fetchall()
            owner.execute("DROP FUNCTION stoa.pick_for_cart")
            owner.execute(today.replace("p_rule", "p_custom").encode())
            owner.execute("CREATE FUNCTION stoa.pick_for_cart(p_cart uuid) RETURNS void LANGUAGE sql AS ''")
            owner.execute("DELETE FROM stoa.applied_texts WHERE name LIKE '%%serve_in_turn%%'")

        migrate(urls.owner)

        with psycopg.connect(urls.owner) as owner:
            assert owner.execute(ARGUMENTS).fetchall() == arguments
        with psycopg.connect(urls.server) as server:
            allowed = "SELECT has_function_privilege(p.oid, 'EXECUTE') FROM pg_proc p WHERE proname = 'serve_in_turn'"
            assert server.execute(allowed).fetchall() == [(True,)]


@pytest.mark.parametrize(
    "past",
    [
        "UPDATE stoa.applied_texts SET checksum = 'another' WHERE name LIKE 'migrations/0001%'",
        "DELETE FROM stoa.applied_texts WHERE name LIKE 'migrations/%'",
    ],
)
def test_tables_that_another_text_of_a_migration_made_are_refused_and_left_alone(past: str) -> None:
    with urls_for_tests("another") as urls:
        migrate(urls.owner)
        migrate(urls.owner)
        with psycopg.connect(urls.owner) as owner:
            owner.execute(past.encode())
            before = owner.execute("SELECT * FROM stoa.applied_texts ORDER BY name").fetchall()

        with refused(TablesOfAnother) as refusal:
            migrate(urls.owner)

        assert "made by another version of migrations/0001_the_first_tables.py than is here" in refusal.value.sentence
        with psycopg.connect(urls.owner) as owner:
            assert owner.execute("SELECT * FROM stoa.applied_texts ORDER BY name").fetchall() == before


def test_what_stopped_between_two_migrations_goes_on_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which text a migration was is written down in its own transaction: there is no instant at which it is unknown."""
    note = migrating._note

    def stop_at_the_second(*, step: MigrationInfo, **how: Any) -> None:
        if step.up_revision_id == "0002":
            raise KeyboardInterrupt
        note(step=step, **how)

    with urls_for_tests("stopped") as urls:
        monkeypatch.setattr(migrating, "_note", stop_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            migrate(urls.owner)
        monkeypatch.undo()
        with psycopg.connect(urls.owner) as owner:
            noted = owner.execute("SELECT name FROM stoa.applied_texts").fetchall()
            assert owner.execute("SELECT to_regclass('webhook_endpoints')").fetchone() == (None,)
        assert noted == [("migrations/0001_the_first_tables.py",)]

        migrate(urls.owner)

        with psycopg.connect(urls.owner) as owner:
            assert owner.execute("SELECT to_regclass('webhook_endpoints')::text").fetchone() == ("webhook_endpoints",)
