"""Every motif can be drawn in every palette, always the same, as an SVG without scripts or ids."""

import xml.etree.ElementTree as ElementTree

import pytest

from stoa.media import MOTIFS, PALETTES, draw
from stoa.media.drawings import UnknownDrawing
from tests.promises import refused

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {SVG + name for name in ("svg", "g", "path", "circle", "ellipse", "rect")}


@pytest.mark.parametrize("motif", MOTIFS)
def test_a_motif_is_drawn_in_every_palette(motif):
    drawings = [draw(motif, palette) for palette in PALETTES]

    assert len(set(drawings)) == len(PALETTES)
    assert drawings == [draw(motif, palette) for palette in PALETTES]
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("viewBox") == "0 0 600 600"
        assert {element.tag for element in root.iter()} <= SHAPES
        assert not any("id" in element.attrib for element in root.iter())
        assert len(drawing) < 16_000


def test_there_is_enough_to_fill_a_shop():
    assert len(MOTIFS) >= 14
    assert len(PALETTES) >= 6


@pytest.mark.parametrize(("motif", "palette"), [("elephant", "sea"), ("mug", "beige"), ("", ""), ("../mug", "sea")])
def test_what_nobody_has_drawn_is_refused(motif, palette):
    with refused(UnknownDrawing):
        draw(motif, palette)
