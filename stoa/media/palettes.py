"""The colours drawings are made of. Every palette names the same nine, so that any motif can wear any of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """Colours as `#rrggbb`: two of the ground, three of the thing, two of its ornament, a light one and a dark one."""

    field: str
    glow: str
    main: str
    deep: str
    light: str
    accent: str
    accent_deep: str
    cream: str
    ink: str


PALETTES: dict[str, Palette] = {
    "moss": Palette("#e7ead9", "#f4f5ea", "#7d9367", "#5f7650", "#a9bb92", "#d9805b", "#b9623f", "#fbf6e9", "#34402f"),
    "clay": Palette("#f3e0d2", "#fbf0e6", "#c9734d", "#a65636", "#e3a07c", "#4f7a78", "#3a5f5e", "#fdf6ec", "#47291e"),
    "sea": Palette("#d8e6ea", "#ecf4f5", "#4a7f96", "#356478", "#8bb4c3", "#e8a355", "#c9803a", "#fcf8ee", "#1f3a47"),
    "rose": Palette("#f6dfdd", "#fdf0ee", "#cf7f86", "#ae5f69", "#e7b0b1", "#6f8a75", "#55705c", "#fff7f1", "#4d2a31"),
    "honey": Palette("#f8e8c6", "#fdf5e1", "#dfa23c", "#bb7f22", "#f0c779", "#5a6f8c", "#42556f", "#fffaf0", "#4a3413"),
    "plum": Palette("#e8dfe8", "#f5f0f5", "#85618c", "#694a71", "#b595bb", "#d9a441", "#b58228", "#fbf6ee", "#36243b"),
    "slate": Palette("#dfe2e4", "#f0f2f2", "#66747f", "#4c5963", "#9aa6ae", "#d5785f", "#b35a43", "#faf7f0", "#262f36"),
    "mint": Palette("#d9ece2", "#eef7f1", "#5fa58a", "#45856d", "#9ccdb8", "#ef9d86", "#d2775f", "#fffaf2", "#22423a"),
}
