"""A product's pictures in the order in which they suit the choice that was made."""

from dataclasses import dataclass

from stoa.catalog import PictureView, ProductPage
from stoa.storefront.choice import Choices, Option


@dataclass(frozen=True)
class Frame:
    """A picture; `mark` is that of the value it shows, by which the style sheet finds it."""

    picture: PictureView
    mark: str


@dataclass(frozen=True)
class Gallery:
    """The pictures, best first. `follows`: the style sheet puts that of another choice first, without another page."""

    frames: tuple[Frame, ...]
    follows: bool


def gallery(page: ProductPage, choices: Choices) -> Gallery:
    """The pictures of the chosen variant first, then of those most like it: the red one in another size."""
    chosen = choices.chosen.choice.items() if choices.chosen else {}.items()
    choice_of = {variant.id: variant.choice for variant in page.variants}
    pictured = [choice_of.get(each.variant_id, {}) if each.variant_id else {} for each in page.pictures]
    option = _told_apart_by(choices, pictured)
    marks = {value.text: value.mark for value in option.values} if option else {}
    values = [choice.get(option.name, "") if option else "" for choice in pictured]
    best_first = sorted(range(len(pictured)), key=lambda n: -len(chosen & pictured[n].items()))
    return Gallery(
        tuple(Frame(page.pictures[n], marks.get(values[n], "")) for n in best_first),
        follows=choices.live and option is not None,
    )


def _told_apart_by(choices: Choices, pictured: list[dict[str, str]]) -> Option | None:
    """The one option, such as the colour, by which the pictures differ, if each of its values has one."""
    differing = [
        option for option in choices.options if len({each[option.name] for each in pictured if option.name in each}) > 1
    ]
    if len(differing) != 1:
        return None
    [option] = differing
    seen = {each.get(option.name) for each in pictured}
    return option if all(value.text in seen for value in option.values) else None
