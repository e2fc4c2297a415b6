"""For the writing desk: notebook, card, pencils."""

from stoa.media.motifs.motif import Motif
from stoa.media.palettes import Palette
from stoa.media.shapes import circle, ellipse, flower, ground, heart, leaf, path, rect, sprig, stroke, turned


def notebook(p: Palette) -> str:
    """A bound notebook with a pencil beside it."""
    book = "".join(
        [
            rect(182, 124, 262, 356, p.ink, 18, opacity=0.12, transform="translate(10 12)"),
            rect(188, 128, 256, 348, p.deep, 16),
            rect(186, 124, 250, 340, p.cream, 12),
            stroke("M432 140V456", p.light, 3),
            stroke("M437 140V456", p.light, 3),
            rect(172, 118, 252, 344, p.main, 16),
            path("M188 118H214V462H188Q172 462 172 446V134Q172 118 188 118z", p.deep),
            stroke("M222 134V446", p.light, 3, stroke_dasharray="2 12"),
            rect(252, 176, 136, 112, p.cream, 10),
            rect(260, 184, 120, 96, "none", 6, stroke=p.accent, stroke_width=3),
            sprig(320, 270, 76, p.deep, 2),
            rect(388, 118, 13, 344, p.accent),
            path("M276 462V506L288 494L300 506V462z", p.accent_deep),
        ]
    )
    pencil = "".join(
        [
            rect(478, 180, 26, 236, p.accent, 2),
            rect(478, 180, 9, 236, p.accent_deep, 0, opacity=0.5),
            path("M478 416H504L491 456z", p.cream),
            path("M486 441H496L491 456z", p.ink),
            rect(478, 164, 26, 18, p.light),
            rect(478, 146, 26, 22, p.deep, 8),
        ]
    )
    return turned(book, -7, 300, 300) + turned(pencil, 9, 491, 300)


def card(p: Palette) -> str:
    """A greeting card half out of its envelope."""
    return "".join(
        [
            ground(486, 400, p.ink),
            turned(
                rect(176, 84, 248, 320, p.cream, 8)
                + rect(190, 98, 220, 292, "none", 4, stroke=p.light, stroke_width=4)
                + flower(300, 188, 52, p.accent, p.cream)
                + leaf(262, 236, -120, 50, p.main)
                + leaf(338, 236, 120, 50, p.main)
                + leaf(300, 252, 180, 46, p.deep)
                + flower(240, 150, 20, p.light, p.accent)
                + flower(362, 150, 20, p.light, p.accent),
                -3, 300, 300,
            ),
            path("M118 290L300 420L482 290V462Q482 478 466 478H134Q118 478 118 462z", p.main),
            path("M118 290L250 384L124 474Q118 470 118 462z", p.deep, opacity=0.55),
            path("M482 290L350 384L476 474Q482 470 482 462z", p.deep, opacity=0.55),
            path("M126 475L288 366Q300 358 312 366L474 475Q470 478 466 478H134Q130 478 126 475z", p.light),
            circle(300, 386, 34, p.accent_deep),
            circle(300, 386, 26, p.accent),
            heart(300, 386, 28, p.cream),
        ]
    )  # fmt: skip


def pencils(p: Palette) -> str:
    """Coloured pencils in a tin."""
    parts = [ground(472, 240, p.ink)]
    colours = [(222, -11, p.accent, 130), (260, -5, p.deep, 96), (300, 1, p.light, 118), (340, 6, p.accent_deep, 88),
               (376, 12, p.cream, 136)]  # fmt: skip
    for x, lean, colour, top in colours:
        parts.append(
            turned(
                path(f"M{x - 17} {top + 52}L{x} {top}L{x + 17} {top + 52}z", p.cream)
                + path(f"M{x - 6} {top + 18}L{x} {top}L{x + 6} {top + 18}z", colour if colour != p.cream else p.ink)
                + rect(x - 17, top + 50, 34, 260, colour)
                + rect(x - 17, top + 50, 12, 260, p.ink, 0, opacity=0.12),
                lean, x, 400,
            )
        )  # fmt: skip
    parts += [
        path("M196 280H404L396 448Q395 464 378 464H222Q205 464 204 448z", p.main),
        path("M350 280H404L396 448Q395 464 378 464H310Q352 400 350 280z", p.deep, opacity=0.4),
        path("M198 316H402L400 346H200zM202 398H398L397 428H203z", p.cream),
        *[heart(238 + 42 * n, 374, 24, p.accent) for n in range(4)],
        ellipse(300, 280, 104, 15, p.deep, opacity=0.35),
        rect(190, 272, 220, 18, p.light, 9),
        stroke("M216 302L222 430", "#ffffff", 8, opacity=0.4),
    ]
    return "".join(parts)


MOTIFS: dict[str, Motif] = {"card": card, "notebook": notebook, "pencils": pencils}
