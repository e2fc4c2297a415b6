"""A key opens one store, does what its maker may at most, and is told once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from stoa import people
from stoa.db.transaction import Actor, Database, Tx
from stoa.kernel.ids import hash_token
from stoa.kernel.text import TextMissing
from stoa.people.errors import (
    KeyExpiresInThePast,
    ScopeBeyondYours,
    TooManyKeys,
    UnknownKey,
    UnknownScope,
)
from stoa.people.models import ApiKey
from tests.make import MadeStore
from tests.make.people import SECRET_KEY


async def make_key(tx: Tx, *scopes: str, **more: object) -> tuple[ApiKey, str]:
    return await people.create_key(
        tx,
        name="Warehouse robot",
        scopes=scopes or ("orders.read",),
        secret_key=SECRET_KEY,
        **more,  # type: ignore[arg-type]
    )


async def test_a_key_acts_with_its_scopes_and_names_its_store(tx: Tx) -> None:
    key, plain = await make_key(tx, "orders.write", "orders.read", "orders.read")

    assert plain.startswith(f"stoa_{tx.store_id.hex}_")
    assert len(plain) == 60
    assert people.store_of_key(plain) == tx.store_id
    assert await people.actor_of_key(tx, plain) == Actor("key", key.id, frozenset({"orders.read", "orders.write"}))


async def test_only_the_hash_of_a_key_is_kept_and_it_can_be_told_again(tx: Tx) -> None:
    key, plain = await make_key(tx)

    assert key.token_hash == hash_token(plain)
    assert people.plain_key(SECRET_KEY, tx.store_id, key.id) == plain


async def test_a_key_opens_no_other_store(database: Database, store: MadeStore, other_store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        _, plain = await make_key(tx)
    forged = plain.replace(store.id.hex, other_store.id.hex)

    async with database.store(other_store.id) as tx:
        assert await people.actor_of_key(tx, plain) is None
        assert await people.actor_of_key(tx, forged) is None
        assert await people.keys_of_store(tx) == []
    async with database.store(store.id) as tx:
        assert await people.actor_of_key(tx, plain) is not None


@pytest.mark.parametrize("text", ["", "stoa_", "stoa_" + "0" * 32, "stoa_" + "0" * 32 + "_short", "Bearer x", "\x00"])
async def test_what_is_no_key_opens_nothing(tx: Tx, text: str) -> None:
    assert people.store_of_key(text) is None
    assert await people.actor_of_key(tx, text) is None


async def test_a_key_may_not_do_more_than_its_maker(tx: Tx) -> None:
    tx.actor = Actor("staff", uuid4(), frozenset({"keys.manage", "orders.read"}))

    with pytest.raises(ScopeBeyondYours) as refusal:
        await make_key(tx, "orders.read", "orders.write", "settings.write")

    assert refusal.value.sentence == "You do not have orders.write, settings.write yourself, so no key of yours can."
    assert await people.keys_of_store(tx) == []
    key, _ = await make_key(tx, "orders.read")
    assert key.created_by == tx.actor.id


async def test_a_key_needs_scopes_that_exist_a_name_and_time_left(tx: Tx) -> None:
    with pytest.raises(UnknownScope):
        await make_key(tx, "orders.eat")
    with pytest.raises(UnknownScope):
        await people.create_key(tx, name="Robot", scopes=[], secret_key=SECRET_KEY)
    with pytest.raises(TextMissing):
        await people.create_key(tx, name=" ", scopes=["orders.read"], secret_key=SECRET_KEY)
    with pytest.raises(KeyExpiresInThePast):
        await make_key(tx, expires_at=tx.now)

    assert await people.keys_of_store(tx) == []


async def test_a_revoked_key_opens_nothing(tx: Tx) -> None:
    key, plain = await make_key(tx)

    await people.revoke_key(tx, key_id=key.id)
    await people.revoke_key(tx, key_id=key.id)

    assert await people.actor_of_key(tx, plain) is None
    with pytest.raises(UnknownKey):
        await people.revoke_key(tx, key_id=uuid4())


async def test_a_key_runs_out(tx: Tx) -> None:
    _, plain = await make_key(tx, expires_at=tx.now + timedelta(hours=1))
    tx.now += timedelta(minutes=59)
    assert await people.actor_of_key(tx, plain) is not None

    tx.now += timedelta(minutes=1)

    assert await people.actor_of_key(tx, plain) is None


async def test_use_is_noted_at_most_once_a_minute(tx: Tx) -> None:
    key, plain = await make_key(tx)
    first = tx.now

    async def used_after(seconds: int) -> object:
        tx.now = first + timedelta(seconds=seconds)
        assert await people.actor_of_key(tx, plain) is not None
        await tx.session.refresh(key)
        return key.last_used_at

    assert await used_after(0) == first
    assert await used_after(59) == first
    assert await used_after(60) == first + timedelta(seconds=60)


async def test_requests_with_one_key_do_not_wait_for_each_other(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        _, plain = await make_key(tx)

    async with database.store(store.id) as one, database.store(store.id) as other:
        assert await people.actor_of_key(one, plain) is not None
        assert await people.actor_of_key(other, plain) is not None


async def test_a_store_has_a_hundred_keys_at_most(tx: Tx) -> None:
    for _ in range(100):
        last, _ = await make_key(tx)

    with pytest.raises(TooManyKeys):
        await make_key(tx)

    await people.revoke_key(tx, key_id=last.id)
    await make_key(tx)


async def test_keys_are_listed_newest_first_page_by_page(tx: Tx) -> None:
    made = []
    for _ in range(3):
        tx.now += timedelta(seconds=1)
        made.append((await make_key(tx))[0].id)

    first = await people.keys_of_store(tx, limit=2)
    rest = await people.keys_of_store(tx, limit=2, before=first[-1].id)

    assert [key.id for key in first] == [made[2], made[1]]
    assert [key.id for key in rest] == [made[0]]
