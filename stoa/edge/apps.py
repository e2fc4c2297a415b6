"""What the apps under the roof have in common."""

from typing import Any

from fastapi import FastAPI

from stoa.edge.house import House


def new_app(house: House | None, **told: Any) -> FastAPI:
    """An app that knows its house; without one it is there to be read, not served.

    It loads no page of documentation from elsewhere, answers only exact addresses, and records nothing of a request:
    what people sent is no matter of telemetry.
    """
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        **told,
    )
    app.state.house = house
    return app
