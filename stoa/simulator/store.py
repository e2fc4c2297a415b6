"""What the simulation knows of a store: enough to act there. It is often out of date, as what people know is."""

from dataclasses import dataclass, field
from uuid import UUID

from stoa.edge.directory import StoreEntry


@dataclass
class SimulatedCart:
    """An open cart as its shopper remembers it. `seen` is the total of the quote, in minor units."""

    id: UUID
    token: str
    lines: list[UUID] = field(default_factory=list)
    quote_id: UUID | None = None
    older_quote_id: UUID | None = None
    seen: int = 0
    holds: bool = False

    def priced_as(self, quote_id: UUID | None, total: int) -> None:
        """It has a new quote, or it changed and has none."""
        self.older_quote_id = self.quote_id or self.older_quote_id
        self.quote_id, self.seen = quote_id, total


@dataclass
class SimulatedOrder:
    """An order that was answered as placed; `methods` are its ways to pay, in turn. `waits_at`: the test provider's
    reference of a payment that its shopper was sent to."""

    id: UUID
    cart_id: UUID
    cart_token: str
    quote_id: UUID
    number: int
    total: int
    methods: tuple[str, ...]
    lines: int
    waits_at: str | None = None


@dataclass
class SimulatedCode:
    """A discount code."""

    id: UUID
    word: str


@dataclass
class SimulatedStore:
    """One store and what can be referred to in it."""

    entry: StoreEntry
    warehouses: list[UUID] = field(default_factory=list)
    variants: list[UUID] = field(default_factory=list)
    codes: list[SimulatedCode] = field(default_factory=list)
    carts: list[SimulatedCart] = field(default_factory=list)
    orders: list[SimulatedOrder] = field(default_factory=list)
    endpoints: list[UUID] = field(default_factory=list)
    placed: int = 0
    done_again: int = 0

    @property
    def id(self) -> UUID:
        """The store's id."""
        return self.entry.id

    def forget_cart(self, cart: SimulatedCart) -> None:
        """It became an order, or was cleared away."""
        if cart in self.carts:
            self.carts.remove(cart)

    def remember(self, order: SimulatedOrder, *, most: int = 80) -> None:
        """An order to come back to; the oldest are forgotten."""
        self.placed += 1
        self.orders.append(order)
        del self.orders[:-most]
