"""The store's customers."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import customers
from stoa.api.admin.who import StaffTx
from stoa.api.views import Act, AddressView, Cursor, Email, Limit, Made, Name, Page, View, cut_page, id_after, page_of
from stoa.customers.errors import EmailTaken, UnknownCustomer
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.kernel.cursors import BadCursor
from stoa.kernel.emails import BadEmail

router = APIRouter(route_class=StaffRoute, tags=["customers"])


class CustomerView(View):
    """A customer."""

    id: UUID
    email: str
    name: str
    phone: str
    created_at: datetime


class CustomerPageView(CustomerView):
    """A customer, with the addresses they keep."""

    addresses: list[AddressView]


class AddCustomer(Act):
    """Somebody whom the store knows from elsewhere. They have no password, and cannot sign in."""

    email: Email
    name: Name = ""
    phone: str = Field(default="", max_length=40)


@router.get("/customers", summary="List customers", responses=refusals(BadCursor))
@needs("customers.read")
async def list_customers(tx: StaffTx, cursor: Cursor = None, limit: Limit = 50) -> Page[CustomerView]:
    """Newest first."""
    rows = await customers.customers_of_store(tx, limit=limit + 1, before=id_after(cursor))
    return page_of(CustomerView, cut_page(rows, limit, lambda customer: customer.id))


@router.post("/customers", status_code=201, summary="Add a customer", responses=refusals(BadEmail, EmailTaken))
@needs("customers.write")
async def add_customer(body: AddCustomer, tx: StaffTx) -> Made:
    """By e-mail. One who is there already is named in the refusal."""
    return Made.of(await customers.add_known_customer(tx, **body.model_dump()))


@router.get("/customers/{customer_id}", summary="Read a customer", responses=refusals(UnknownCustomer))
@needs("customers.read")
async def read_customer(customer_id: UUID, tx: StaffTx) -> CustomerPageView:
    """With the addresses they keep."""
    customer = await customers.profile(tx, customer_id=customer_id)
    addresses = await customers.addresses_of(tx, customer_id=customer_id)
    return CustomerPageView.model_validate(
        CustomerView.of(customer).model_dump() | {"addresses": [AddressView.of(address) for address in addresses]}
    )
