"""A cursor gives back the key it was made of, and anything else is refused in words."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.kernel.cursors import BadCursor, decode, encode
from tests.examples import examples

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@examples(200)
@given(WORDS, st.integers(-(2**63), 2**63 - 1))
def test_a_key_comes_back_as_it_was(word: str, number: int) -> None:
    cursor = encode([word, number])

    assert decode(cursor, (str, int)) == [word, number]
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?# ")


@pytest.mark.parametrize(
    "key",
    [
        [], ["a"], ["a", 1, 2], [1, "a"], ["a", 1.5], ["a", True], ["a", None], {"a": 1}, "a", 5, None,
        ["\x00", 1], ["\ud800", 1],
    ],
)  # fmt: skip
def test_another_lists_key_or_one_that_no_row_can_have_is_refused(key: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()

    with pytest.raises(BadCursor):
        decode(cursor, (str, int))


@examples(300)
@given(st.text() | st.binary().map(lambda noise: base64.urlsafe_b64encode(noise).decode()))
def test_noise_is_refused_and_nothing_else_happens(noise: str) -> None:
    with pytest.raises(BadCursor):
        decode(noise, (str, int))


def test_brackets_without_end_are_refused() -> None:
    with pytest.raises(BadCursor):
        decode(base64.urlsafe_b64encode(b"[" * 100_000).decode(), (str,))
