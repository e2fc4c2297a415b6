"""A password is refused in words, kept as bcrypt, and checked in full."""

import pytest

from stoa.people.errors import PasswordTooLong, PasswordTooShort, PasswordUnprintable
from stoa.people.passwords import hash_password, password_matches


async def test_a_password_matches_itself_and_nothing_else() -> None:
    password_hash = await hash_password("correct horse")

    assert await password_matches("correct horse", password_hash)
    assert not await password_matches("correct horsf", password_hash)
    assert not await password_matches("", password_hash)


async def test_two_hashes_of_one_password_differ() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")


async def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    password_hash = await hash_password("cre\u0300me bru\u0302le\u0301e")

    assert await password_matches("crème brûlée", password_hash)


async def test_past_what_bcrypt_reads_is_refused_and_not_cut() -> None:
    longest = await hash_password("é" * 36)

    with pytest.raises(PasswordTooLong) as refusal:
        await hash_password("é" * 36 + "a")

    assert refusal.value.longest == 72
    assert await password_matches("é" * 36, longest)
    assert not await password_matches("é" * 36 + "a", longest)


async def test_a_short_password_is_refused() -> None:
    with pytest.raises(PasswordTooShort) as refusal:
        await hash_password("ninechars")

    assert refusal.value.sentence == "A password needs at least 10 characters; a few plain words make a good one."


@pytest.mark.parametrize("password", ["with\x00a nul byte", "half \ud800 of a pair", "two\nlines of it"])
async def test_what_nobody_can_type_is_refused_and_never_matches(password: str) -> None:
    with pytest.raises(PasswordUnprintable):
        await hash_password(password)

    assert not await password_matches(password, await hash_password("correct horse"))


async def test_no_account_has_no_password() -> None:
    assert not await password_matches("correct horse", None)
