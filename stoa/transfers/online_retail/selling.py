"""Every order of the file, sold at its own date: carts are filled and quoted by sets while those before are placed."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text

from stoa import carts
from stoa.carts.bulk import NewCart, fill_carts, standing_quotes
from stoa.carts.errors import CartCompleted
from stoa.carts.models import Quote
from stoa.checkout import Gatherer, Placed, Submission
from stoa.checkout.errors import QuoteChanged
from stoa.db.transaction import SYSTEM, Database
from stoa.kernel.refusals import Refusal, Unavailable
from stoa.payments.methods import tender_by
from stoa.stores.models import PaymentMethod
from stoa.transfers.online_retail import ids
from stoa.transfers.online_retail.countries import address_of
from stoa.transfers.online_retail.invoices import SOLD_AS_LINES, Invoice, RowKind, pence
from stoa.transfers.online_retail.reading import Row
from stoa.transfers.online_retail.shop import Shop

# So many lines are prepared at once: enough to share the cost of a statement, few enough to be written meanwhile.
LINES_AT_ONCE = 4_000
WAITING_AT_MOST = 512
TRIES = 5


# An invoice, its cart, and the cart's quote; or why there is none, or None where a run before left none that stands.
Filled = tuple[Invoice, UUID, UUID | Refusal | None]


@dataclass
class Sold:
    """What this run did."""

    placed: int = 0
    placed_before: int = 0
    refused: dict[str, Refusal] = field(default_factory=dict)


class Seller:
    """Sells invoices to the shop's books, one batch being prepared while another is placed."""

    def __init__(self, database: Database, shop: Shop, *, secret_key: bytes, told: Callable[[int], None]) -> None:
        self._database = database
        self._shop = shop
        self._secret_key = secret_key
        self._told = told
        self._gatherer = Gatherer(database.server_url)
        self._filling: deque[asyncio.Task[list[Filled]]] = deque()
        self._waiting: set[asyncio.Task[None]] = set()
        self._sold = Sold()

    async def sell(self, invoices: Iterable[Invoice]) -> Sold:
        """Place every invoice that is an order and is not placed yet; refusals are noted by invoice.

        Raises Unavailable where the database is gone; running again goes on from there.
        """
        done = await placed_references(self._database, self._shop.id)
        try:
            for some in _batches(self._still_to_do(invoices, done)):
                # The next batch is thought through while the one before is being written; they are handed in in turn.
                self._filling.append(asyncio.create_task(self._fill(some)))
                if len(self._filling) > 1:
                    await self._hand_in(await self._filling.popleft())
                while len(self._waiting) > WAITING_AT_MOST:
                    await self._settle(asyncio.FIRST_COMPLETED)
            while self._filling:
                await self._hand_in(await self._filling.popleft())
            while self._waiting:
                await self._settle(asyncio.ALL_COMPLETED)
        finally:
            await self._give_up()
            await self._gatherer.close()
        return self._sold

    def _still_to_do(self, invoices: Iterable[Invoice], done: set[str]) -> Iterator[Invoice]:
        for invoice in invoices:
            if invoice.is_order and invoice.number not in done:
                yield invoice
            else:
                self._sold.placed_before += invoice.is_order
                self._told(1)

    async def _fill(self, invoices: list[Invoice]) -> list[Filled]:
        """Carts and quotes of some invoices in one transaction."""
        new = [self._new_cart(self._cart_id(invoice), invoice) for invoice in invoices]
        async with self._database.store(self._shop.id, actor=SYSTEM, now=new[0].at) as tx:
            outcomes = await fill_carts(tx, secret_key=self._secret_key, carts=new)
            left = [cart_id for cart_id, outcome in outcomes.items() if outcome is None]
            quotes: dict[UUID, UUID | Refusal] = dict(await standing_quotes(tx, cart_ids=left)) if left else {}
        for cart_id, outcome in outcomes.items():
            if outcome is not None:
                quotes[cart_id] = outcome.id if isinstance(outcome, Quote) else outcome
        return [(invoice, cart.id, quotes.get(cart.id)) for invoice, cart in zip(invoices, new, strict=True)]

    async def _hand_in(self, filled: list[Filled]) -> None:
        for invoice, cart_id, found in filled:
            outcome = await self._quote_again(invoice, cart_id) if found is None else found
            if isinstance(outcome, Refusal):
                self._refuse(invoice, outcome)
            else:
                self._waiting.add(asyncio.create_task(self._place(invoice, cart_id, outcome)))

    async def _quote_again(self, invoice: Invoice, cart_id: UUID) -> UUID | Refusal:
        """A new quote of a cart that a run before left without an order."""
        try:
            async with self._database.store(self._shop.id, actor=SYSTEM, now=ids.instant(invoice.at)) as tx:
                return (await carts.quote(tx, cart_id=cart_id, holder=carts.STAFF)).id
        except Refusal as refusal:
            return refusal

    async def _place(self, invoice: Invoice, cart_id: UUID, quote_id: UUID, *, again: bool = True) -> None:
        submission = Submission.new(
            cart_id=cart_id,
            quote_id=quote_id,
            holder=carts.STAFF,
            tenders=[tender_by(PaymentMethod.EXTERNAL)],
            at=ids.instant(invoice.at),
            secret_key=self._secret_key,
            actor=str(SYSTEM),
        )
        try:
            placed = await self._submit(submission)
        except Unavailable:
            raise
        except QuoteChanged as refusal:
            # A quote of a run before; the shop has changed since.
            quote = await self._quote_again(invoice, cart_id) if again else refusal
            if isinstance(quote, UUID):
                await self._place(invoice, cart_id, quote, again=False)
            else:
                self._refuse(invoice, quote)
        except Refusal as refusal:
            self._refuse(invoice, refusal)
        else:
            self._sold.placed += placed.anew
            self._sold.placed_before += not placed.anew
            self._told(1)

    async def _submit(self, submission: Submission) -> Placed:
        """Hand in the same submission until it is answered; it is placed once. Raises Unavailable after some tries."""
        for attempt in range(1, TRIES):
            try:
                return await self._gatherer.submit(self._shop.id, submission)
            except Unavailable:
                await asyncio.sleep(0.2 * attempt)
        return await self._gatherer.submit(self._shop.id, submission)

    def _refuse(self, invoice: Invoice, refusal: Refusal) -> None:
        if isinstance(refusal, CartCompleted):
            # Somebody else sold it while we looked.
            self._sold.placed_before += 1
        else:
            self._sold.refused[invoice.number] = refusal
        self._told(1)

    async def _give_up(self) -> None:
        """Let go of what is under way; nothing where all went well."""
        tasks = [*self._filling, *self._waiting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _settle(self, when: str) -> None:
        done, self._waiting = await asyncio.wait(self._waiting, return_when=when)
        for task in done:
            task.result()

    def _cart_id(self, invoice: Invoice) -> UUID:
        return ids.cart_id(self._shop.id, invoice.number, ids.instant(invoice.at))

    def _new_cart(self, cart_id: UUID, invoice: Invoice) -> NewCart:
        first = invoice.rows[0]
        lines = [row for row, kind in zip(invoice.rows, invoice.kinds, strict=True) if kind in SOLD_AS_LINES]
        sent = [row for row, kind in zip(invoice.rows, invoice.kinds, strict=True) if kind == RowKind.SHIPPING]
        return NewCart(
            id=cart_id,
            at=ids.instant(invoice.at),
            wanted=[_wanted(row, self._shop.variants) for row in lines],
            email=ids.email_of(first.customer),
            shipping=address_of(first.customer, first.country),
            customer_id=ids.customer_id(self._shop.id, first.customer) if first.customer else None,
            source=ids.SOURCE,
            reference=invoice.number,
            shipping_override=sum(pence(row) for row in sent),
        )


def _wanted(row: Row, variants: Mapping[str, UUID]) -> carts.Wanted:
    return carts.Wanted(variants[row.code], row.quantity, carts.StaffPrice(pence(row), f"{row.price} each in the file"))


def _batches(invoices: Iterable[Invoice]) -> Iterator[list[Invoice]]:
    """The invoices in batches of about so many lines."""
    batch: list[Invoice] = []
    lines = 0
    for invoice in invoices:
        batch.append(invoice)
        lines += len(invoice.rows)
        if lines >= LINES_AT_ONCE:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


async def placed_references(database: Database, store_id: UUID) -> set[str]:
    """The invoices that are orders already."""
    async with database.store(store_id, actor=SYSTEM) as tx:
        found = await tx.execute(_PLACED, {"store": store_id, "source": ids.SOURCE})
        return set(found.scalars())


_PLACED = text("SELECT reference FROM orders WHERE store_id = :store AND source = :source AND reference IS NOT NULL")
