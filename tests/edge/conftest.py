"""The same house and callers as the API's tests have."""

from tests.api.conftest import app, back_office, house, other_shop, owner, shop

__all__ = ["app", "back_office", "house", "other_shop", "owner", "shop"]
