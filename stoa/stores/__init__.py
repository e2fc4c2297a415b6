"""Tenants: stores, the names they are reached by, and how each of them sells."""

from stoa.stores.opening import add_host, open_store
from stoa.stores.settings import change_settings, settings_of

__all__ = ["add_host", "change_settings", "open_store", "settings_of"]
