"""E-mail addresses: read as RFC 5321 and 6531 write them. Nobody is asked whether the mailbox exists."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from stoa.kernel.refusals import Invalid

LONGEST_EMAIL = 254


class BadEmail(Invalid):
    """No mail could be sent to this."""

    code = "email.invalid"
    says = "This is no e-mail address; one looks like name@example.com."


def clean_email(text: str) -> str:
    """The address as it is kept and written to: trimmed, its domain in small letters.

    Raises BadEmail.
    """
    trimmed = text.strip()
    if len(trimmed) > LONGEST_EMAIL:
        raise BadEmail()
    try:
        return validate_email(trimmed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise BadEmail() from None


def fold_email(email: str) -> str:
    """The form in which two spellings of one mailbox are equal: small letters, NFC.

    Accents stay: without them two people would share an account.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).lower())


def email_key(text: str) -> str | None:
    """The folded form under which an account with this e-mail would stand; None for what is no address.

    For sign-in, where “no address” must not be told apart from “no account”.
    """
    try:
        return fold_email(clean_email(text))
    except BadEmail:
        return None
