"""What is sealed opens for its purpose and its store alone."""

from uuid import UUID

import pytest

from stoa.kernel.sealing import NotOurs, seal, unseal

KEY = bytes(range(32))
STORE = UUID("01900000-0000-7000-8000-000000000001")
OTHER = UUID("01900000-0000-7000-8000-000000000002")


@pytest.mark.parametrize("plain", [b"", b"sk_live_4eC39HqLyjWDarjtT1zdp7dc", bytes(10_000)])
def test_what_was_sealed_opens_again(plain: bytes) -> None:
    sealed = seal(KEY, "payments", plain, STORE)

    assert unseal(KEY, "payments", sealed, STORE) == plain
    assert len(sealed) == len(plain) + 29
    assert not plain or plain not in sealed


def test_the_same_secret_never_looks_the_same() -> None:
    assert len({seal(KEY, "payments", b"secret", STORE) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("key", "purpose", "bound_to"),
    [(bytes(32), "payments", STORE), (KEY, "webhooks", STORE), (KEY, "payments", OTHER)],
)
def test_it_opens_for_nothing_else(key: bytes, purpose: str, bound_to: UUID) -> None:
    sealed = seal(KEY, "payments", b"secret", STORE)

    with pytest.raises(NotOurs):
        unseal(key, purpose, sealed, bound_to)


def test_what_was_changed_does_not_open() -> None:
    sealed = seal(KEY, "payments", b"secret", STORE)

    for n in range(len(sealed)):
        changed = sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :]
        with pytest.raises(NotOurs):
            unseal(KEY, "payments", changed, STORE)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(27), b"\x02" + bytes(40), b"plain text"])
def test_what_never_was_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(NotOurs):
        unseal(KEY, "payments", sealed, STORE)
