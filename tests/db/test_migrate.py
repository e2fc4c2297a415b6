"""An installation of yesterday is brought to what today's release expects."""

import psycopg

from stoa.db.migrate import migrate
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
