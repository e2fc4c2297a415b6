"""What a motif is: a palette's colours in, shapes out."""

from collections.abc import Callable

from stoa.media.palettes import Palette

Motif = Callable[[Palette], str]
