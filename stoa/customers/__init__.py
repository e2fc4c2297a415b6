"""Who buys: the customers of one store, how they register and sign in, and what they keep with it."""

from stoa.customers.addresses import add_address, addresses_of, change_address, remove_address
from stoa.customers.postal import PostalAddress, check_address
from stoa.customers.profiles import change_password, change_profile, customers_of_store, profile
from stoa.customers.registration import add_known_customer, customer_of_email, register
from stoa.customers.sessions import (
    SignedIn,
    actor_of_session,
    customer_of_session,
    end_sessions,
    purge_sessions,
    sign_in,
    sign_out,
)

__all__ = [
    "PostalAddress",
    "SignedIn",
    "actor_of_session",
    "add_address",
    "add_known_customer",
    "addresses_of",
    "change_address",
    "change_password",
    "change_profile",
    "check_address",
    "customer_of_email",
    "customer_of_session",
    "customers_of_store",
    "end_sessions",
    "profile",
    "purge_sessions",
    "register",
    "remove_address",
    "sign_in",
    "sign_out",
]
