"""Which variant a choice of options means, as a page shows it and as a form sends it."""

from collections.abc import Mapping
from dataclasses import dataclass

from stoa.catalog import ProductPage, VariantView
from stoa.kernel.refusals import Invalid
from stoa.storefront.assets import is_live


class ChoiceNotMade(Invalid):
    """Not one value of each option."""

    code = "storefront.choice_not_made"
    says = "Please choose: {options}."

    options: str


class ChoiceNotMadeOfIt(Invalid):
    """Every option has a value, and nobody makes the product like that."""

    code = "storefront.choice_not_offered"
    says = "It does not come as {choice}; please choose another."

    choice: str


@dataclass(frozen=True)
class Value:
    """One value of an option: `mark` is its id in the page, `is_out` where everything that has it is sold out."""

    text: str
    mark: str
    is_chosen: bool
    is_out: bool


@dataclass(frozen=True)
class Option:
    """One option, under the name of its form field."""

    name: str
    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Offer:
    """A variant with the marks of its values, by which the style sheet shows it when they are chosen."""

    variant: VariantView
    marks: str
    is_chosen: bool


@dataclass(frozen=True)
class Choices:
    """What a product page offers. `live`: the style sheet follows the choice, without another page."""

    options: tuple[Option, ...]
    offers: tuple[Offer, ...]
    chosen: VariantView | None
    live: bool


def choices(page: ProductPage, asked: Mapping[str, str]) -> Choices:
    """The page's options with what was asked chosen in them; else the first variant that can be bought."""
    wanted = _wanted(page, asked)
    chosen = _variant(page, wanted) if wanted else None
    if not wanted:
        chosen = next((each for each in page.variants if each.available), next(iter(page.variants), None))
        wanted = dict(chosen.choice) if chosen else {}
    marks = {
        (option.name, value): f"o{i}v{j}"
        for i, option in enumerate(page.options)
        for j, value in enumerate(option.values)
    }
    live = is_live(len(page.options), max((len(option.values) for option in page.options), default=0))
    return Choices(
        options=tuple(
            Option(
                option.name,
                f"o{i}",
                tuple(
                    Value(
                        value,
                        marks[option.name, value],
                        wanted.get(option.name) == value,
                        not any(each.available for each in page.variants if each.choice.get(option.name) == value),
                    )
                    for value in option.values
                    if any(each.choice.get(option.name) == value for each in page.variants)
                ),
            )
            for i, option in enumerate(page.options)
        ),
        offers=tuple(
            Offer(each, " ".join(marks[choice] for choice in each.choice.items()), each is chosen)
            for each in page.variants
            if live or each is chosen
        ),
        chosen=chosen,
        live=live,
    )


def variant_asked(page: ProductPage, asked: Mapping[str, str]) -> VariantView:
    """The variant that a form chose. Raises ChoiceNotMade, ChoiceNotMadeOfIt."""
    wanted = _wanted(page, asked)
    open_options = [option.name for option in page.options if option.name not in wanted]
    if open_options:
        raise ChoiceNotMade(options=", ".join(open_options))
    variant = _variant(page, wanted)
    if variant is None:
        raise ChoiceNotMadeOfIt(choice=" / ".join(wanted.values()) or page.title)
    return variant


def _wanted(page: ProductPage, asked: Mapping[str, str]) -> dict[str, str]:
    """Option name -> value, of what was sent and is known."""
    sent = {option.name: (asked.get(f"o{i}"), option.values) for i, option in enumerate(page.options)}
    return {name: value for name, (value, known) in sent.items() if value is not None and value in known}


def _variant(page: ProductPage, wanted: Mapping[str, str]) -> VariantView | None:
    return next((each for each in page.variants if each.choice == wanted), None)
