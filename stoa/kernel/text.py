"""Free text from outside: trimmed, normalised, of a bounded length, and with nothing in it that cannot be shown."""

import unicodedata

from stoa.kernel.refusals import Invalid

NAME = 200
LINE = 500
PARAGRAPHS = 10_000


class TextTooLong(Invalid):
    """More characters than the field holds."""

    code = "text.too_long"
    says = "{field} may have at most {limit} characters; this has {length}."

    field: str
    limit: int
    length: int


class TextMissing(Invalid):
    """Nothing, or nothing but spaces, where something is needed."""

    code = "text.missing"
    says = "{field} is missing; please fill it in."

    field: str


class TextUnprintable(Invalid):
    """A control character, or half of a surrogate pair: nothing a person types, and some of it nothing we can store."""

    code = "text.unprintable"
    says = "{field} holds a character that cannot be shown ({character}); please remove it."

    field: str
    character: str


def clean(field: str, value: str, limit: int = NAME, *, required: bool = False, lines: bool = False) -> str:
    """The text as it is kept: NFC, without spaces around it.

    `field` names it in the refusal, `limit` counts characters after trimming, and with `lines` line breaks (as "\\n")
    and tabs may stand in it.

    Raises TextMissing (only if `required`), TextTooLong, TextUnprintable.
    """
    # The limit comes first: work on what is kept is bounded, whatever was sent.
    text = value.strip()
    _within(field, text, limit)
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for character in text:
        if not _may_stand(character, lines=lines):
            raise TextUnprintable(field=field, character=f"U+{ord(character):04X}")
    text = unicodedata.normalize("NFC", text)
    _within(field, text, limit)
    if required and not text:
        raise TextMissing(field=field)
    return text


def shown(value: str, limit: int = 50) -> str:
    """What was sent, fit for the sentence of a refusal: cut short, and only what can be printed."""
    return "".join(character for character in value[:limit] if character.isprintable())


def _within(field: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise TextTooLong(field=field, limit=limit, length=len(text))


def _may_stand(character: str, *, lines: bool) -> bool:
    if lines and character in "\n\t":
        return True
    # Cc: controls, NUL among them; Cs: lone surrogates, which UTF-8 cannot write; Zl, Zp: line breaks in disguise.
    return unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
