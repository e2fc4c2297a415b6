"""What is refused about stores."""

from stoa.kernel.refusals import Conflict, Invalid, NotFound, PreconditionFailed, Unavailable


class UnknownStore(NotFound):
    """No store is reached by this name."""

    code = "stores.unknown"
    says = "No store is reached at {host}; ask at one of the store's own host names."

    host: str


class StoreSuspended(Unavailable):
    """The store exists and is shut."""

    code = "stores.suspended"
    says = "This store is closed for the moment."


class SlugTaken(Conflict):
    """Another store has the name."""

    code = "stores.slug_taken"
    says = "A store called {slug} exists already; choose another short name."

    slug: str


class HostTaken(Conflict):
    """Another store is reached by that host name."""

    code = "stores.host_taken"
    says = "{host} leads to another store already."

    host: str


class BadSetting(Invalid):
    """A setting has a value it cannot have."""

    code = "stores.bad_setting"
    says = "{setting} cannot be “{value}”: {reason}."

    setting: str
    value: str
    reason: str


class SettingsChanged(PreconditionFailed):
    """Somebody else saved the settings since they were read."""

    code = "stores.settings_changed"
    says = "The settings were changed since you read them; read them again and repeat your change."
