"""Options and what variants choose of them: pure checks and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stoa.catalog.errors import BadChoice, BadOptions, SameChoice
from stoa.kernel.text import clean

MOST_OPTIONS = 5
MOST_VALUES = 100
MOST_VARIANTS = 500

Choice = Mapping[str, str]


@dataclass(frozen=True)
class NewOption:
    """A way in which variants will differ, and its values in the order they are shown."""

    name: str
    values: Sequence[str]


@dataclass(frozen=True)
class NewVariant:
    """A variant to be made. `price` and `compare_at` are minor units of the store's currency."""

    sku: str
    price: int
    compare_at: int | None = None
    choice: Choice = field(default_factory=dict)
    weight_grams: int = 0
    barcode: str | None = None
    tracks_stock: bool = True
    requires_shipping: bool = True


@dataclass(frozen=True)
class NewPicture:
    """A picture to be shown: a motif and a palette of `stoa.media`, and what it shows in words.

    With `sku` it is a picture of that variant, shown when it is chosen.
    """

    motif: str
    palette: str
    alt: str
    sku: str | None = None


def checked_options(options: Sequence[NewOption]) -> list[NewOption]:
    """The options with their texts trimmed.

    Raises BadOptions for one named or valued twice, one without values, or too many of them.
    """
    if len(options) > MOST_OPTIONS:
        raise BadOptions(reason=f"a product has at most {MOST_OPTIONS}, and {len(options)} were given")
    checked = []
    for option in options:
        name = clean("option", option.name, 60, required=True)
        if not 1 <= len(option.values) <= MOST_VALUES:
            raise BadOptions(reason=f"“{name}” needs 1 to {MOST_VALUES} values")
        values = [clean("value", value, 60, required=True) for value in option.values]
        _once(values, f"“{name}” has the value")
        checked.append(NewOption(name, values))
    _once([option.name for option in checked], "there are two options")
    return checked


def checked_choice(sku: str, choice: Choice, options: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The choice in the options' order. Raises BadChoice unless it is exactly one known value of each option."""
    for name in options:
        if name not in choice:
            raise BadChoice(sku=sku, reason=f"none of “{name}” is chosen")
    for name, value in choice.items():
        if name not in options:
            raise BadChoice(sku=sku, reason=f"the product has no option “{name[:60]}”")
        if value not in options[name]:
            known = ", ".join(options[name][:12])
            raise BadChoice(sku=sku, reason=f"“{name}” is one of {known}, not “{value[:60]}”")
    return {name: choice[name] for name in options}


def check_choices_differ(choices: Mapping[str, Choice]) -> None:
    """Refuse two variants (by SKU) that make the same choice. Raises SameChoice."""
    seen: dict[frozenset[tuple[str, str]], str] = {}
    for sku, choice in choices.items():
        key = frozenset(choice.items())
        if key in seen:
            raise SameChoice(sku=sku, other=seen[key])
        seen[key] = sku


def choice_title(choice: Choice) -> str:
    """The choice in words, in the order it has: "Small / Red"; empty for a variant that stands alone."""
    return " / ".join(choice.values())


def _once(texts: Sequence[str], saying: str) -> None:
    twice = next((text for n, text in enumerate(texts) if text in texts[:n]), None)
    if twice is not None:
        raise BadOptions(reason=f"{saying} “{twice}” twice")
