"""What a customer tells about themselves, and the addresses they keep."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import customers
from stoa.api.store.who import CustomerId, StoreTx
from stoa.api.views import Act, AddressAct, AddressView, Made, Name, Page, View, may_stay, whole_list
from stoa.customers.errors import TooManyAddresses, UnknownAddress, UnknownCustomer
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute
from stoa.kernel.countries import CountryMissing, UnknownCountry
from stoa.kernel.text import TextMissing, TextTooLong

router = APIRouter(route_class=StoreRoute, tags=["customers"])

_ADDRESSES = (CountryMissing, UnknownCountry, TextMissing, TextTooLong)


class MeView(View):
    """The customer who is signed in."""

    id: UUID
    email: str
    name: str
    phone: str


class ChangeMe(Act):
    """What is left out stays."""

    name: Name = may_stay()
    phone: str = may_stay(max_length=40)


class AddressKept(Made):
    """The address that was kept."""

    id: UUID = Field(description="of the address")


@router.get("/me", summary="Read your account", responses=refusals(UnknownCustomer))
async def read_me(tx: StoreTx, customer_id: CustomerId) -> MeView:
    """Who is signed in."""
    return MeView.of(await customers.profile(tx, customer_id=customer_id))


@router.patch("/me", status_code=204, summary="Change your account", responses=refusals(UnknownCustomer, TextTooLong))
async def change_me(body: ChangeMe, tx: StoreTx, customer_id: CustomerId) -> None:
    """Change name or telephone number. The e-mail is who you are, and stays."""
    await customers.change_profile(tx, customer_id=customer_id, **body.given())


@router.get("/me/addresses", summary="List your addresses")
async def list_addresses(tx: StoreTx, customer_id: CustomerId) -> Page[AddressView]:
    """Newest first: 50 at most, so this is the only page."""
    return whole_list(AddressView, await customers.addresses_of(tx, customer_id=customer_id))


@router.post(
    "/me/addresses", status_code=201, summary="Keep an address", responses=refusals(*_ADDRESSES, TooManyAddresses)
)
async def add_address(body: AddressAct, tx: StoreTx, customer_id: CustomerId) -> AddressKept:
    """Keep one more address for the next order."""
    return AddressKept.of(await customers.add_address(tx, customer_id=customer_id, address=body.address()))


@router.put(
    "/me/addresses/{address_id}",
    summary="Replace an address",
    responses=refusals(*_ADDRESSES, UnknownAddress),
)
async def change_address(address_id: UUID, body: AddressAct, tx: StoreTx, customer_id: CustomerId) -> AddressKept:
    """Put another address in its place. Orders that were placed keep theirs."""
    return AddressKept.of(
        await customers.change_address(tx, customer_id=customer_id, address_id=address_id, address=body.address())
    )


@router.delete(
    "/me/addresses/{address_id}", status_code=204, summary="Remove an address", responses=refusals(UnknownAddress)
)
async def remove_address(address_id: UUID, tx: StoreTx, customer_id: CustomerId) -> None:
    """Keep it no longer."""
    await customers.remove_address(tx, customer_id=customer_id, address_id=address_id)
