"""What is refused about customers and their addresses."""

from uuid import UUID

from stoa.kernel.refusals import Conflict, NotFound


class UnknownCustomer(NotFound):
    """No such customer in this store."""

    code = "customers.unknown"
    says = "There is no such customer in this store."


class EmailTaken(Conflict):
    """The store knows a customer by this e-mail. Told to staff alone: a shopper never learns who has an account."""

    code = "customers.email_taken"
    says = "There is a customer with this e-mail already."

    customer_id: UUID


class UnknownAddress(NotFound):
    """The customer keeps no such address."""

    code = "customers.unknown_address"
    says = "There is no such address in this account."


class TooManyAddresses(Conflict):
    """The customer keeps as many addresses as one may."""

    code = "customers.too_many_addresses"
    says = "An account keeps at most {most} addresses; remove one that is not used."

    most: int
