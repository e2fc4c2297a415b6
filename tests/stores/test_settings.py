"""A store's settings are what a store can have, or they stay as they were."""

from typing import Any

import pytest

from stoa import stores
from stoa.db.transaction import Database
from stoa.stores.errors import BadSetting, SettingsChanged
from tests.make import MadeStore
from tests.promises import refused

WRONG: list[tuple[str, Any, str]] = [
    ("ships_to", ["GB", "UK"], "UK"),
    ("ships_to", ["gb"], "gb"),
    ("locale", "xx-Nowhere", "xx-Nowhere"),
    ("time_zone", "Europe/Atlantis", "Europe/Atlantis"),
    ("payment_methods", ["external"], "external"),
    ("tax_rate_ppm", 1_000_001, "1000001"),
    ("cors_origins", ["https://shop.example/path"], "https://shop.example/path"),
]


@pytest.mark.parametrize(("setting", "value", "named"), WRONG)
async def test_a_setting_no_store_can_have_is_refused(
    database: Database, store: MadeStore, setting: str, value: Any, named: str
) -> None:
    async with database.store(store.id) as tx:
        before = getattr(await stores.settings_of(tx), setting)

    with refused(BadSetting) as refusal:
        async with database.store(store.id) as tx:
            await stores.change_settings(tx, **{setting: value})

    assert (refusal.value.setting, refusal.value.value) == (setting, named)
    async with database.store(store.id) as tx:
        assert getattr(await stores.settings_of(tx), setting) == before


async def test_who_read_the_settings_before_another_saved_them_changes_nothing(
    database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as slow:
        seen = await stores.settings_of(slow)
        revision = seen.revision
        async with database.store(store.id) as quick:
            await stores.change_settings(quick, revision=revision, shipping_amount=1)
        with refused(SettingsChanged):
            await stores.change_settings(slow, revision=revision, shipping_amount=2)

    async with database.store(store.id) as tx:
        assert (await stores.settings_of(tx)).shipping_amount == 1
