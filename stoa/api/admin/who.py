"""Who asks, as the routes of the admin API take it."""

from typing import Annotated

from fastapi import Depends

from stoa.db.transaction import Actor, Tx
from stoa.edge.asking import Asking
from stoa.edge.routes import actor_alone, asking_of, store_tx
from stoa.edge.versions import revision_read

StaffTx = Annotated[Tx, Depends(store_tx)]
Asked = Annotated[Asking, Depends(asking_of)]
Staff = Annotated[Actor, Depends(actor_alone)]
Revision = Annotated[int | None, Depends(revision_read)]
