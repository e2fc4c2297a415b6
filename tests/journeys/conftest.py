"""The same house and callers as the API's tests have."""

from tests.api.conftest import served

__all__ = ["served"]
