"""Every promise has its laws, and `docs/laws.md` says which."""

import re

from stoa.db.laws import APPENDED
from stoa.db.models import APPEND_ONLY
from stoa.laws import laws
from tests.laws.test_house import ROOT
from tests.laws.test_tenancy_tables import TABLES

_TITLE = re.compile(r"^## (.+)$", re.MULTILINE)
_LAW = re.compile(r"^- `(.+)`$", re.MULTILINE)


def laws_by_promise() -> dict[str, list[str]]:
    """What the page says: the laws under each title."""
    _, *parts = _TITLE.split((ROOT / "docs" / "laws.md").read_text())
    return {title: _LAW.findall(text) for title, text in zip(parts[::2], parts[1::2], strict=True)}


def test_each_of_the_eight_promises_has_laws() -> None:
    promises = laws_by_promise()

    assert [title.split(".")[0] for title in promises][:8] == [str(n) for n in range(1, 9)]
    assert [title for title, names in promises.items() if not names] == []


def test_every_law_stands_under_one_promise_and_no_other_is_named() -> None:
    named = [name for names in laws_by_promise().values() for name in names]

    assert sorted(named) == sorted(law.name for law in laws())


def test_what_is_only_appended_is_what_the_models_say() -> None:
    assert set(APPENDED) == {name for name, model in TABLES.items() if model.granted == APPEND_ONLY}
