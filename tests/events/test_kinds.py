"""The table of kinds is whole and true: what is told is in it, and what is in it is told somewhere."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import stoa
from stoa.events.kinds import KINDS
from stoa.events.subscriptions import JOBS_OF
from stoa.orders.models import HistoryKind

HOUSE = Path(stoa.__file__).parent

# Told by its history, with a kind for every one of its rows.
BY_HISTORY = {"order.{kind}": [f"order.{kind}" for kind in HistoryKind]}

_IN_SQL = re.compile(r"INSERT INTO events.*?'([a-z_]+\.[a-z_]+)'", re.DOTALL)


def told() -> set[str]:
    """The kinds that the house's own code tells."""
    kinds: set[str] = set()
    for path in HOUSE.rglob("*.py"):
        kinds.update(_told_by(path))
    for path in HOUSE.glob("*/sql/*.sql"):
        kinds.update(_IN_SQL.findall(path.read_text()))
    return kinds


def _told_by(path: Path) -> Iterator[str]:
    """What `tx.emit(...)` is given in this file: a text, a name for one, or the texts of a history."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
            match node.args[0]:
                case ast.Constant(value=str(kind)):
                    yield kind
                case ast.Name(id=name):
                    module = "stoa." + ".".join(path.relative_to(HOUSE).with_suffix("").parts)
                    yield getattr(importlib.import_module(module), name)
                case ast.JoinedStr() as text:
                    yield from BY_HISTORY[ast.unparse(text)[2:-1]]
                case other:
                    raise AssertionError(f"{path}: nobody can tell which kind {ast.unparse(other)} is")


def test_what_is_told_is_in_the_table_and_nothing_else() -> None:
    assert told() == set(KINDS)


def test_jobs_follow_kinds_that_there_are() -> None:
    assert set(JOBS_OF) <= set(KINDS)


def test_each_says_what_happened_in_a_sentence() -> None:
    for name, kind in KINDS.items():
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", name)
        assert re.fullmatch(r"[A-Z].*[^.]\.", kind.says), kind.says
        assert re.fullmatch(r"[a-z]+", kind.subject)
