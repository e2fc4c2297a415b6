"""What the catalog does not show of the database rules: read in the SQL that we write, in files and in strings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import stoa

HOUSE = Path(stoa.__file__).parent

# Each is about one statement, its comments and texts left out.
OFFENCES = {
    "13 an INSERT of a set ends in RETURNING or ON CONFLICT": re.compile(
        r"INSERT\s+INTO\b(?=.*\bSELECT\b)(?!.*\b(?:RETURNING|ON\s+CONFLICT)\b)", re.S | re.I
    ),
    "12 nothing is inserted in a CTE": re.compile(r"\bAS\s+(?:NOT\s+)?(?:MATERIALIZED\s*)?\(\s*INSERT\s+INTO\b", re.I),
    "14 nothing is merged": re.compile(r"\bMERGE\s+INTO\b", re.I),
    "17 nothing is notified in a transaction that sells": re.compile(r"\b(?:pg_notify|NOTIFY\s+\w)", re.I),
    # OFFSET 0 skips nothing; it keeps the planner from joining what stands before it.
    "lists go on from a key, never by counting rows": re.compile(r"\bOFFSET\s+(?!0\b)", re.I),
    "10 the store is entered by its function": re.compile(r"\bset_config\s*\(", re.I),
}

ALLOWED = {
    # The bell has a session of its own and rings after commits.
    ("17", "events/bell.py"),
    # The limit that we are measured against, in the fewest statements there are, and the world it is measured in: both
    # on one machine, and never part of a shop.
    ("12", "cli/bench/sql/limit_order.sql"),
    *(("13", f"cli/bench/sql/{path.name}") for path in (HOUSE / "cli/bench/sql").glob("*.sql")),
}


def statements_of(sql: str) -> Iterator[str]:
    """The statements of a text, those inside functions too."""
    without_comments = re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.S)
    yield from re.sub(r"'(?:[^']|'')*'", "''", without_comments).split(";")


def our_sql() -> Iterator[tuple[str, str]]:
    """File and statement, of every `.sql` and of every string in Python that looks like SQL."""
    for path in sorted(HOUSE.rglob("*.sql")):
        for statement in statements_of(path.read_text()):
            yield str(path.relative_to(HOUSE)), statement
    for path in sorted(HOUSE.rglob("*.py")):
        for text in _strings(ast.parse(path.read_text())):
            for statement in statements_of(text):
                yield str(path.relative_to(HOUSE)), statement


def _strings(tree: ast.Module) -> Iterator[str]:
    """Every text, an f-string with its places as one; docstrings are prose."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


@pytest.mark.parametrize("rule", OFFENCES)
def test_no_statement_of_ours_offends_against(rule: str) -> None:
    found = [
        (name, " ".join(statement.split())[:80])
        for name, statement in our_sql()
        if OFFENCES[rule].search(statement) and (rule.split()[0], name) not in ALLOWED
    ]

    assert found == []


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        (13, "INSERT INTO t (a) SELECT a FROM unnest(p) AS s (a)"),
        (13, "INSERT INTO t (a)\nSELECT 'ON CONFLICT' -- ON CONFLICT"),
        (12, "WITH made AS (INSERT INTO t VALUES (1) RETURNING *) SELECT 1"),
        (12, "WITH made AS MATERIALIZED (\n insert into t VALUES (1) RETURNING *) SELECT 1"),
        (14, "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE"),
        (17, "SELECT pg_notify('a', 'b')"),
        (17, "NOTIFY a"),
        ("lists", "SELECT 1 LIMIT 5 OFFSET 10"),
        ("lists", "SELECT 1 LIMIT 5 OFFSET $2"),
        (10, "SELECT set_config('stoa.store_id', $1, true)"),
    ],
)
def test_an_offence_is_seen(rule: int | str, statement: str) -> None:
    (pattern,) = [pattern for name, pattern in OFFENCES.items() if name.startswith(f"{rule} ")]
    (read,) = statements_of(statement)

    assert pattern.search(read)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t (a) SELECT a FROM s ON CONFLICT (store_id, id) DO NOTHING",
        "INSERT INTO t (a) SELECT a FROM s RETURNING a",
        "INSERT INTO t (a) VALUES (1)",
        "WITH a AS (SELECT 1) SELECT * FROM a OFFSET 0",
    ],
)
def test_what_is_right_is_left_alone(statement: str) -> None:
    assert not [name for name, pattern in OFFENCES.items() for read in statements_of(statement) if pattern.search(read)]


def test_queries_made_in_python_do_not_count_rows_either() -> None:
    found = [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path in sorted(HOUSE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "offset"
    ]

    assert found == []


def test_there_is_sql_to_read() -> None:
    files = {name for name, _ in our_sql()}
    assert {"checkout/sql/place_orders.sql", "db/sql/enter_store.sql", "orders/numbers.py"} <= files
