"""What a shopper types at the checkout: kept as typed, and every mistake found at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from stoa.carts.errors import CountryNotServed
from stoa.carts.models import OrderContact
from stoa.customers.models import Address, Customer
from stoa.customers.postal import PostalAddress, check_address, clean_phone
from stoa.kernel.countries import CountryMissing, UnknownCountry
from stoa.kernel.emails import clean_email
from stoa.kernel.refusals import Invalid, Refusal
from stoa.kernel.text import LINE, clean
from stoa.storefront.forms import Form

_ADDRESS = {
    "name": "Full name",
    "company": "Company",
    "line1": "Street and number",
    "line2": "Flat, floor, building",
    "postal_code": "Postal code",
    "city": "Town or city",
    "region": "County, state or region",
    "country": "Country",
}
ADDRESS_FIELDS = tuple(_ADDRESS)

# What each field is called, in the order of the page.
LABELS = {
    "email": "E-mail",
    "phone": "Telephone",
    **_ADDRESS,
    **{f"billing_{name}": f"{label} on the bill" for name, label in _ADDRESS.items()},
    "method": "How you pay",
    "note": "Your note",
}

# An address that passes: what is known to be wrong is put aside with it, so that the next mistake shows.
_PASSES = {"name": "A", "line1": "A", "city": "A", "country": "GB"}


class DetailsWrong(Invalid):
    """One or more fields of a form, each with the refusal that it met."""

    code = "storefront.details"
    says = "Please look at what is marked below."

    wrong: dict[str, Refusal]


@dataclass(frozen=True)
class Details:
    """Who the order is for, as typed. `bills_elsewhere`: there is another address for the bill."""

    email: str = ""
    phone: str = ""
    note: str = ""
    method: str = ""
    bills_elsewhere: bool = False
    shipping: Mapping[str, str] = field(default_factory=dict)
    billing: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def typed(cls, form: Form) -> Self:
        """From the form."""
        return cls(
            email=form.text("email"),
            phone=form.text("phone"),
            note=form.text("note"),
            method=form.text("method"),
            bills_elsewhere=form.text("bills_elsewhere") == "yes",
            shipping={name: form.text(name) for name in ADDRESS_FIELDS},
            billing={name: form.text(f"billing_{name}") for name in ADDRESS_FIELDS},
        )

    @classmethod
    def kept(cls, contact: OrderContact) -> Self:
        """From what the cart has been told before."""
        return cls(
            email=contact.email,
            phone=contact.phone,
            note=contact.note,
            bills_elsewhere=contact.billing_line1 is not None,
            shipping={name: getattr(contact, name) for name in ADDRESS_FIELDS},
            billing={name: getattr(contact, f"billing_{name}") or "" for name in ADDRESS_FIELDS},
        )

    @classmethod
    def known(cls, customer: Customer, address: Address | None) -> Self:
        """From the customer's account."""
        shipping = {name: getattr(address, name) for name in ADDRESS_FIELDS} if address else {"name": customer.name}
        return cls(email=customer.email, phone=customer.phone, shipping=shipping)

    def checked(self, *, is_sent: bool, countries: Mapping[str, str], methods: list[str]) -> None:
        """Find everything that is wrong, as the domains will. Raises DetailsWrong."""
        wrong: dict[str, Refusal] = {}
        _try(wrong, "email", lambda: clean_email(self.email))
        _try(wrong, "phone", lambda: clean_phone(self.phone))
        _try(wrong, "note", lambda: clean("note", self.note, LINE, lines=True))
        if is_sent:
            wrong |= _wrong_in(self.shipping)
            country = self.shipping.get("country", "")
            if "country" not in wrong and country not in countries:
                wrong["country"] = CountryNotServed(country=country, served="")
        if self.bills_elsewhere:
            wrong |= {f"billing_{name}": refusal for name, refusal in _wrong_in(self.billing).items()}
        if self.method not in methods:
            wrong["method"] = MethodNotChosen()
        if wrong:
            raise DetailsWrong(wrong={name: wrong[name] for name in LABELS if name in wrong})

    def shipping_address(self) -> PostalAddress:
        """Where it goes."""
        return _address(self.shipping)

    def billing_address(self) -> PostalAddress | None:
        """Who is billed, where that is somewhere else."""
        return _address(self.billing) if self.bills_elsewhere else None


class MethodNotChosen(Invalid):
    """None of the ways to pay."""

    code = "storefront.method_not_chosen"
    says = "Please choose how you want to pay."


def _address(typed: Mapping[str, str]) -> PostalAddress:
    return PostalAddress(**{name: typed.get(name, "") for name in ADDRESS_FIELDS})


def _wrong_in(typed: Mapping[str, str]) -> dict[str, Refusal]:
    """Every mistake of an address: `check_address` tells the first, so it is asked until it has none."""
    wrong: dict[str, Refusal] = {}
    address = _address(typed)
    while True:
        try:
            check_address(address)
        except Refusal as refusal:
            about = _field_of(refusal)
            assert about not in wrong, f"{about} is wrong whatever it holds"
            wrong[about] = refusal
            address = replace(address, **{about: _PASSES.get(about, "")})
        else:
            return wrong


def _field_of(refusal: Refusal) -> str:
    if isinstance(refusal, CountryMissing | UnknownCountry):
        return "country"
    return str(refusal.data["field"])


def _try(wrong: dict[str, Refusal], about: str, check: Callable[[], object]) -> None:
    try:
        check()
    except Refusal as refusal:
        wrong[about] = refusal
