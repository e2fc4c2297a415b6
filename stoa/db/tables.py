"""Every model of the house, imported, so that the metadata is whole: for migrations, policies and the catalog test."""

import stoa.budgets.models
import stoa.carts.models
import stoa.catalog.models
import stoa.customers.models
import stoa.db.idempotency
import stoa.db.outbox
import stoa.inventory.models
import stoa.notices.models
import stoa.orders.models
import stoa.payments.models
import stoa.people.models
import stoa.stores.models
import stoa.webhooks.models  # noqa: F401
from stoa.db.models import Model

metadata = Model.metadata
