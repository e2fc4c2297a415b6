"""What is refused about webhooks."""

from stoa.kernel.refusals import Conflict, Invalid, NotFound


class BadUrl(Invalid):
    """An address that we do not call."""

    code = "webhooks.bad_url"
    says = "This address cannot be called: {problem}."

    problem: str


class UnknownKind(Invalid):
    """No event is of this kind, or none that is told outside."""

    code = "webhooks.unknown_kind"
    says = "There is no event “{kind}” to listen to; the events are {known}."

    kind: str
    known: str


class TooManyEndpoints(Conflict):
    """The store has as many endpoints as it may."""

    code = "webhooks.too_many"
    says = "A store has at most {most} webhook endpoints; remove one that is not used."

    most: int


class UnknownEndpoint(NotFound):
    """No such endpoint in this store."""

    code = "webhooks.unknown_endpoint"
    says = "There is no such webhook endpoint in this store."


class EndpointInactive(Conflict):
    """Nothing is sent to an endpoint that is switched off."""

    code = "webhooks.inactive"
    says = "This webhook endpoint is switched off; switch it on first (is_active)."


class UnknownDelivery(NotFound):
    """No such delivery in this store, or one so old that it has been purged."""

    code = "webhooks.unknown_delivery"
    says = "There is no such webhook delivery in this store; they are kept for 30 days."


class StillWaiting(Conflict):
    """What is on its way already need not be taken up again."""

    code = "webhooks.still_waiting"
    says = "This delivery still waits to be sent; it need not be taken up again."
