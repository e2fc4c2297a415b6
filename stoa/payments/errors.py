"""What is refused about payments."""

from uuid import UUID

from stoa.kernel.refusals import Conflict, Invalid, NotFound, Unavailable


class PaymentNotFound(NotFound):
    """No such payment of this order."""

    code = "payments.not_found"
    says = "There is no such payment of this order; read the order for those it has."


class AttemptNotFound(NotFound):
    """Nothing of the kind was asked about a payment of this order."""

    code = "payments.attempt_not_found"
    says = "Nothing like that was asked about this order; list its payments for all that was."


class AttemptSettled(Conflict):
    """It has its answer."""

    code = "payments.attempt_settled"
    says = "This has its answer: it is {state}; nothing is left of it to give up."

    state: str


class MoneyUnderWay(Conflict):
    """The provider may be hearing of it, or has heard and waits for somebody."""

    code = "payments.money_under_way"
    says = "Money may be under way: the provider has not decided yet, or may just be hearing of it; try in ten minutes."


class ProviderSilent(Conflict):
    """The provider cannot be asked what it knows."""

    code = "payments.provider_silent"
    says = "“{provider}” does not say what became of this; look for it on its own pages, and then say that you looked."

    provider: str


class AlreadyAsked(Conflict):
    """The provider is being asked for the same thing already."""

    code = "payments.already_asked"
    says = "The provider has been asked already and has not answered yet; look at the payment again in a while."


class NothingToCapture(Conflict):
    """Nothing is promised that could be taken."""

    code = "payments.nothing_to_capture"
    says = "Nothing of this payment can be taken: it is {standing}, and {authorized} in minor units are promised."

    standing: str
    authorized: int


class MoreThanPromised(Invalid):
    """More was asked for than the provider has promised, or than the order still owes."""

    code = "payments.more_than_promised"
    says = "At most {most} {currency} in minor units of this payment can be taken, not {amount}."

    most: int
    amount: int
    currency: str


class NothingToVoid(Conflict):
    """Nothing is promised that could be let go."""

    code = "payments.nothing_to_void"
    says = "Nothing of this payment can be let go: it is {standing}."

    standing: str


class MoreThanTaken(Conflict):
    """More would be given back than was taken."""

    code = "payments.more_than_taken"
    says = "At most {most} {currency} in minor units of this payment can be given back, not {amount}."

    payment_id: UUID
    most: int
    amount: int
    currency: str


class NoAccount(Unavailable):
    """The store has no account with the provider that its payments go to."""

    code = "payments.no_account"
    says = "This shop has no working account with {provider}; its owner has to enter the keys again."

    provider: str


class AccountNotFound(NotFound):
    """The store has no such account with a provider."""

    code = "payments.account_not_found"
    says = "This shop has no such account; list those it has."


class SavedMethodNotFound(NotFound):
    """The customer keeps no such card."""

    code = "payments.saved_method_not_found"
    says = "You keep no such card with this shop; list those you keep, or send another."


class PaymentsUnclear(Invalid):
    """How the order is paid is said twice, or not at all."""

    code = "payments.unclear"
    says = "Say either “payment_method”, for one that pays all, or “payments”, for several; not both."


class BadReturnUrl(Invalid):
    """An address to which no shopper can be sent back."""

    code = "payments.bad_return_url"
    says = "“return_url” has to be an address that begins with http:// or https://; the shopper comes back to it."
