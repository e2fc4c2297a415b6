"""Text from outside is kept as it was meant, or refused in a sentence that says what to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.kernel.emails import BadEmail, clean_email, fold_email
from stoa.kernel.folding import fold
from stoa.kernel.refusals import Invalid
from stoa.kernel.text import TextMissing, TextTooLong, TextUnprintable, clean, shown


def test_text_is_trimmed_and_normalised() -> None:
    assert clean("name", "  Cafe\u0301 ") == "Café"


def test_lines_are_kept_where_lines_are_meant() -> None:
    assert clean("note", "one\r\ntwo\tthree", 100, lines=True) == "one\ntwo\tthree"

    with pytest.raises(TextUnprintable) as refusal:
        clean("name", "one\ntwo")
    assert refusal.value.sentence == "name holds a character that cannot be shown (U+000A); please remove it."


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\ud800", "\u2028"])
def test_what_cannot_be_shown_is_refused(character: str) -> None:
    with pytest.raises(TextUnprintable):
        clean("name", f"a{character}b", lines=True)


def test_the_limit_counts_characters_after_trimming() -> None:
    assert clean("name", " " + "é" * 200 + " ", 200) == "é" * 200

    with pytest.raises(TextTooLong) as refusal:
        clean("name", "é" * 201, 200)
    assert refusal.value.data == {"field": "name", "limit": 200, "length": 201}


def test_only_a_required_text_may_not_be_empty() -> None:
    assert clean("company", "  ") == ""

    with pytest.raises(TextMissing):
        clean("name", "  ", required=True)


@given(st.text())
def test_what_was_accepted_is_accepted_again_unchanged(text: str) -> None:
    try:
        kept = clean("name", text, 50, lines=True)
    except Invalid:
        return

    assert clean("name", kept, 50, lines=True) == kept
    assert len(kept) <= 50
    kept.encode()


def test_what_was_sent_is_shown_in_a_sentence_short_and_printable() -> None:
    assert shown("a\x00b\ud800c\n" + "d" * 100) == "abc" + "d" * 44


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Crème  BRÛLÉE ", "creme brulee"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("İstanbul", "istanbul"),
        ("Ærø Łódź", "aero lodz"),
        ("が", "が"),
        ("한국", "한국"),
    ],
)
def test_what_people_mean_as_the_same_is_folded_to_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_email(fold_email(text)) == fold_email(text)


def test_accents_tell_mailboxes_apart_and_case_does_not() -> None:
    assert fold_email(" Ana@Example.COM") == "ana@example.com"
    assert fold_email("josé@example.com") != fold_email("jose@example.com")


def test_an_address_is_kept_as_it_was_written() -> None:
    assert clean_email("  Ana.B+shop@EXAMPLE.com ") == "Ana.B+shop@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@localhost",
        "a b@example.com",
        "a\x00@example.com",
        "a\ud800@example.com",
        "ana@example.com, bob@example.com",
        "ana@[127.0.0.1]",
        "x" * 250 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadEmail) as refusal:
        clean_email(text)
    assert refusal.value.sentence == "This is no e-mail address; one looks like name@example.com."
