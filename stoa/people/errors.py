"""What is refused about staff, sign-in, keys and roles."""

from stoa.kernel.refusals import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class PasswordTooShort(Invalid):
    """Fewer characters than a password needs."""

    code = "password.too_short"
    says = "A password needs at least {shortest} characters; a few plain words make a good one."

    shortest: int


class PasswordTooLong(Invalid):
    """More bytes than bcrypt reads. It would ignore the rest in silence; we say so instead."""

    code = "password.too_long"
    says = "A password may have at most {longest} bytes (letters with accents count as two or more); shorten it."

    longest: int


class PasswordUnprintable(Invalid):
    """A character nobody can type again."""

    code = "password.unprintable"
    says = "The password holds a control character; use letters, digits, signs and spaces."


class WrongCredentials(Unauthenticated):
    """No account, no password, or another one: which of them is not told."""

    code = "sign_in.wrong"
    says = "E-mail or password is wrong."


class WrongPassword(Invalid):
    """Who changes a password proves the one they have."""

    code = "password.wrong"
    says = "The present password is not this one; nothing was changed."


class TooManyAttempts(TooMany):
    """The window's attempts are used up."""

    code = "attempts.too_many"
    says = "Too many attempts; try again in {retry_after_seconds} seconds."

    # A field here, though a class constant in the base: how long it takes differs from time to time.
    retry_after_seconds: int  # type: ignore[misc]


class EmailTaken(Conflict):
    """Somebody who works here has this e-mail."""

    code = "people.email_taken"
    says = "There is a user with the e-mail {email} already."

    email: str


class UnknownUser(NotFound):
    """There is no such user, or none who works in this store."""

    code = "people.unknown_user"
    says = "There is no such user here."


class UnknownRole(Invalid):
    """No role has this name."""

    code = "people.unknown_role"
    says = "There is no role “{role}”; the roles are {known}."

    role: str
    known: str


class RoleBeyondYours(Forbidden):
    """Nobody gives, changes or takes what they may not do themselves."""

    code = "people.role_beyond_yours"
    says = "The role {role} may do more than you may, so you can neither give it nor take it away."

    role: str


class LastOwner(Conflict):
    """A store without an owner could be given to nobody again."""

    code = "people.last_owner"
    says = "This is the store's last owner; make somebody else an owner first."


class UnknownScope(Invalid):
    """A key was to have a permission that does not exist, or none at all."""

    code = "keys.unknown_scope"
    says = "“{scope}” is no permission; the permissions are {known}."

    scope: str
    known: str


class ScopeBeyondYours(Forbidden):
    """A key may do nothing that its maker may not."""

    code = "keys.scope_beyond_yours"
    says = "You do not have {scopes} yourself, so no key of yours can."

    scopes: str


class KeyExpiresInThePast(Invalid):
    """A key that could never be used."""

    code = "keys.expires_in_the_past"
    says = "The key would have expired before it was made; choose a later day, or none."


class TooManyKeys(Conflict):
    """The store has as many keys as it may."""

    code = "keys.too_many"
    says = "A store has at most {most} keys; revoke one that is not used."

    most: int


class UnknownKey(NotFound):
    """No such key in this store."""

    code = "keys.unknown"
    says = "There is no such key in this store."
