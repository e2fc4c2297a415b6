"""A ware as the demo writes it down, and the shelves it may stand on."""

from dataclasses import dataclass, field

from stoa.catalog import NewOption, NewPicture, NewVariant


@dataclass(frozen=True)
class Shelf:
    """A category of the demo, and the one it stands in."""

    slug: str
    name: str
    description: str
    within: str | None = None


SHELVES = [
    Shelf("kitchen", "Kitchen & table", "Thrown, glazed and fired in small batches; made to be used every day."),
    Shelf("home", "Home", "Light, warmth and something to look at."),
    Shelf("candles-and-light", "Candles & light", "Rapeseed wax, cotton wicks and lanterns for late evenings.", "home"),
    Shelf("textiles", "Textiles", "Woven in Yorkshire and Wales, washed soft before it reaches you.", "home"),
    Shelf("nursery", "Baby & nursery", "Gentle on new skin, tough enough for second and third children."),
    Shelf("paper", "Paper & desk", "Stitched, printed and sharpened by people who still write letters."),
    Shelf("out-and-about", "Out & about", "For markets, puddles and the walk home."),
]


@dataclass(frozen=True)
class Ware:
    """Something the demo sells. Prices are pence, tax included; `sizes` says what each size costs more.

    `colours` names each colour and the palette it is drawn in; `stock` is units of each variant, 0 where sold out.
    """

    shelf: str
    sku: str
    title: str
    words: str
    price: int
    motif: str
    palette: str
    alt: str
    grams: int
    stock: int
    compare_at: int | None = None
    colours: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    size_name: str = "Size"
    is_download: bool = False

    def options(self) -> list[NewOption]:
        """The ways in which its variants differ."""
        named = {"Colour": list(self.colours), self.size_name: list(self.sizes)}
        return [NewOption(name, values) for name, values in named.items() if values]

    def variants(self) -> list[NewVariant]:
        """Every colour in every size."""
        made = []
        for c, colour in enumerate(self.colours or [""], 1):
            for s, size in enumerate(self.sizes or [""], 1):
                more = self.sizes.get(size, 0)
                choice = {name: value for name, value in (("Colour", colour), (self.size_name, size)) if value}
                made.append(
                    NewVariant(
                        sku=self.sku + f"-{c}" * bool(colour) + f"-{s}" * bool(size),
                        price=self.price + more,
                        compare_at=None if self.compare_at is None else self.compare_at + more,
                        choice=choice,
                        weight_grams=self.grams,
                        tracks_stock=not self.is_download,
                        requires_shipping=not self.is_download,
                    )
                )
        return made

    def pictures(self) -> list[NewPicture]:
        """One for each colour, or the one there is."""
        if not self.colours:
            return [NewPicture(self.motif, self.palette, self.alt)]
        first = {variant.choice["Colour"]: variant.sku for variant in reversed(self.variants())}
        return [
            NewPicture(self.motif, palette, f"{self.alt}, in {colour.lower()}", first[colour])
            for colour, palette in self.colours.items()
        ]
