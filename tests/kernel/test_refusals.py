"""A refusal is data and a sentence, whole at the moment it is made."""

from uuid import UUID

import pytest

from stoa.kernel.refusals import Conflict, Invalid, NotFound, Refusal, TooMany, Unavailable


class MugsGone(Conflict):
    """For these tests."""

    code = "tests.mugs_gone"
    says = "Only {free} of “{title}” left; {asked} asked."

    title: str
    asked: int
    free: int


class MugsGoneFrom(MugsGone):
    """With one more field."""

    code = "tests.mugs_gone_from"
    says = MugsGone.says + " Look in {shelf}."

    shelf: UUID


def test_the_fields_fill_the_sentence() -> None:
    refusal = MugsGone(title="A {mug}", asked=2, free=1)

    assert refusal.sentence == "Only 1 of “A {mug}” left; 2 asked."
    assert str(refusal) == refusal.sentence
    assert refusal.data == {"title": "A {mug}", "asked": 2, "free": 1}
    assert refusal.status == 409


def test_fields_are_inherited_first() -> None:
    assert MugsGoneFrom.fields_of() == ("title", "asked", "free", "shelf")
    assert MugsGone.fields_of() == ("title", "asked", "free")


@pytest.mark.parametrize("fields", [{}, {"title": "A mug", "asked": 2}, {"title": "", "asked": 1, "free": 0, "x": 1}])
def test_a_field_too_few_or_too_many_is_a_mistake_in_the_program(fields: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        MugsGone(**fields)  # type: ignore[arg-type]


def test_kinds_have_their_statuses() -> None:
    assert [kind.status for kind in (Invalid, NotFound, Conflict, TooMany, Unavailable)] == [422, 404, 409, 429, 503]
    assert TooMany.retry_after_seconds == 60


def test_every_refusal_of_the_house_has_a_code_of_its_own_and_a_sentence() -> None:
    import stoa.app  # noqa: F401  every domain and surface is loaded by it

    kinds = [kind for kind in _below(Refusal) if kind.__module__.startswith("stoa.") and kind.code != Refusal.code]

    assert len(kinds) > 30
    for kind in kinds:
        assert "." in kind.code, kind
        assert kind(**dict.fromkeys(kind.fields_of(), "x")).sentence, kind


def _below(kind: type[Refusal]) -> list[type[Refusal]]:
    return [found for below in kind.__subclasses__() for found in [below, *_below(below)]]
