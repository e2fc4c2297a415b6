"""Drawings of things a shop sells: a motif in a palette gives an SVG, always the same one."""

from stoa.kernel.refusals import NotFound
from stoa.media.motifs import away, home, kitchen, nursery, paper
from stoa.media.motifs.motif import Motif
from stoa.media.palettes import PALETTES
from stoa.media.shapes import circle, rect

MOTIFS: dict[str, Motif] = kitchen.MOTIFS | home.MOTIFS | nursery.MOTIFS | paper.MOTIFS | away.MOTIFS


class UnknownDrawing(NotFound):
    """Nobody has drawn that."""

    code = "media.unknown_drawing"
    says = "There is no drawing “{motif}” in the colours “{palette}”."

    motif: str
    palette: str


def draw(motif: str, palette: str) -> str:
    """The motif as an SVG document of 600 by 600: a field, a round glow behind, and the thing with its shadow.

    The same arguments always give the same text. It holds no ids, so that several may stand in one page.

    Raises UnknownDrawing.
    """
    if motif not in MOTIFS or palette not in PALETTES:
        raise UnknownDrawing(motif=motif[:60], palette=palette[:60])
    colours = PALETTES[palette]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600" width="600" height="600">'
        + rect(0, 0, 600, 600, colours.field)
        + circle(300, 296, 232, colours.glow)
        + MOTIFS[motif](colours)
        + "</svg>"
    )
