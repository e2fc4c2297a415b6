"""A customer keeps a name, a telephone number and addresses; nobody else's can be seen or changed."""

from dataclasses import asdict, replace
from uuid import uuid4

import pytest

from stoa import customers
from stoa.customers.errors import TooManyAddresses, UnknownAddress, UnknownCustomer
from stoa.customers.models import Address
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Database, Tx
from stoa.kernel.countries import CountryMissing, UnknownCountry
from stoa.kernel.refusals import Refusal
from stoa.kernel.text import TextMissing, TextTooLong, TextUnprintable
from tests.make import MadeStore
from tests.make.customers import HOME, known_customer


def postal(row: Address) -> PostalAddress:
    return PostalAddress(**{name: getattr(row, name) for name in asdict(HOME)})


async def test_name_and_telephone_number_change_one_by_one(tx: Tx) -> None:
    ben = await known_customer(tx)

    await customers.change_profile(tx, customer_id=ben.id, phone=" +44 113 496 0000 ")
    await customers.change_profile(tx, customer_id=ben.id, name="Benedict Ode")

    kept = await customers.profile(tx, customer_id=ben.id)
    assert (kept.name, kept.phone, kept.email) == ("Benedict Ode", "+44 113 496 0000", "ben@example.com")


async def test_a_refused_change_changes_neither(tx: Tx) -> None:
    ben = await known_customer(tx)

    with pytest.raises(TextTooLong):
        await customers.change_profile(tx, customer_id=ben.id, name="Benedict", phone="0" * 41)

    await tx.session.refresh(ben)
    assert (ben.name, ben.phone) == ("Ben Ode", "")


async def test_a_customer_of_another_store_is_unknown(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        ben = await known_customer(tx)

    async with database.store(other_store.id) as tx:
        with pytest.raises(UnknownCustomer):
            await customers.profile(tx, customer_id=ben.id)
        with pytest.raises(UnknownCustomer):
            await customers.add_address(tx, customer_id=ben.id, address=HOME)
        assert await customers.addresses_of(tx, customer_id=ben.id) == []


async def test_an_address_is_kept_changed_and_removed(tx: Tx) -> None:
    ben = await known_customer(tx)
    home = await customers.add_address(tx, customer_id=ben.id, address=replace(HOME, city=" Leeds ", country="gb"))
    assert postal(home) == HOME

    moved = replace(HOME, line1="2 Mill Lane", region="Yorkshire")
    await customers.change_address(tx, customer_id=ben.id, address_id=home.id, address=moved)
    assert [postal(row) for row in await customers.addresses_of(tx, customer_id=ben.id)] == [moved]

    await customers.remove_address(tx, customer_id=ben.id, address_id=home.id)
    assert await customers.addresses_of(tx, customer_id=ben.id) == []


@pytest.mark.parametrize(
    ("wrong", "refusal", "sentence"),
    [
        ({"country": ""}, CountryMissing, "An address without a country cannot be used; choose the country."),
        ({"country": "UK"}, UnknownCountry, "“UK” is no country; a two-letter ISO 3166-1 code such as GB is."),
        ({"name": " "}, TextMissing, "name is missing; please fill it in."),
        ({"line1": ""}, TextMissing, "line1 is missing; please fill it in."),
        ({"city": ""}, TextMissing, "city is missing; please fill it in."),
        ({"name": "x" * 201}, TextTooLong, "name may have at most 200 characters; this has 201."),
        ({"postal_code": "9" * 21}, TextTooLong, "postal_code may have at most 20 characters; this has 21."),
        (
            {"line2": "a\x00b"},
            TextUnprintable,
            "line2 holds a character that cannot be shown (U+0000); please remove it.",
        ),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused(
    tx: Tx, wrong: dict[str, str], refusal: type[Refusal], sentence: str
) -> None:
    ben = await known_customer(tx)
    home = await customers.add_address(tx, customer_id=ben.id, address=HOME)

    with pytest.raises(refusal) as adding:
        await customers.add_address(tx, customer_id=ben.id, address=replace(HOME, **wrong))
    with pytest.raises(refusal):
        await customers.change_address(tx, customer_id=ben.id, address_id=home.id, address=replace(HOME, **wrong))

    assert adding.value.sentence == sentence
    assert [postal(row) for row in await customers.addresses_of(tx, customer_id=ben.id)] == [HOME]


async def test_a_postal_code_is_not_asked_where_there_may_be_none(tx: Tx) -> None:
    ben = await known_customer(tx)
    accra = replace(HOME, city="Accra", postal_code="", country="GH")

    row = await customers.add_address(tx, customer_id=ben.id, address=accra)

    assert postal(row) == accra


async def test_another_customers_address_is_unknown(tx: Tx) -> None:
    ben, ada = await known_customer(tx), await known_customer(tx, "ada@example.com")
    home = await customers.add_address(tx, customer_id=ben.id, address=HOME)

    with pytest.raises(UnknownAddress):
        await customers.change_address(tx, customer_id=ada.id, address_id=home.id, address=replace(HOME, name="Ada"))
    with pytest.raises(UnknownAddress):
        await customers.remove_address(tx, customer_id=ada.id, address_id=home.id)
    with pytest.raises(UnknownAddress):
        await customers.remove_address(tx, customer_id=ben.id, address_id=uuid4())

    assert [postal(row) for row in await customers.addresses_of(tx, customer_id=ben.id)] == [HOME]
    assert await customers.addresses_of(tx, customer_id=ada.id) == []


async def test_an_account_keeps_fifty_addresses_at_most(tx: Tx) -> None:
    ben = await known_customer(tx)
    for _ in range(50):
        await customers.add_address(tx, customer_id=ben.id, address=HOME)

    with pytest.raises(TooManyAddresses):
        await customers.add_address(tx, customer_id=ben.id, address=HOME)

    assert len(await customers.addresses_of(tx, customer_id=ben.id)) == 50


async def test_customers_are_listed_newest_first_page_by_page(tx: Tx) -> None:
    made = [(await known_customer(tx, f"ben{n}@example.com")).id for n in range(3)]

    first = await customers.customers_of_store(tx, limit=2)
    rest = await customers.customers_of_store(tx, limit=2, before=first[-1].id)

    assert [row.id for row in [*first, *rest]] == sorted(made, reverse=True)
