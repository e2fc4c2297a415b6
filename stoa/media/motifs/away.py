"""For going out: bag, umbrella, scarf."""

from stoa.media.motifs.motif import Motif
from stoa.media.palettes import Palette
from stoa.media.shapes import circle, flower, ground, num, path, rect, sprig, stroke


def bag(p: Palette) -> str:
    """A canvas tote with a printed sprig."""
    return "".join(
        [
            ground(484, 330, p.ink),
            stroke("M238 240C236 96 364 96 362 240", p.deep, 19),
            path("M164 214Q300 226 436 214L456 462Q457 480 438 480H162Q143 480 144 462z", p.main),
            path("M378 219Q410 217 436 214L456 462Q457 480 438 480H340Q396 400 378 219z", p.deep, opacity=0.35),
            path("M164 214Q300 226 436 214L438 240Q300 252 162 240z", p.deep, opacity=0.55),
            circle(300, 360, 86, p.cream),
            sprig(300, 428, 140, p.main, 3),
            flower(268, 352, 18, p.accent, p.cream),
            flower(334, 366, 18, p.accent, p.cream),
            flower(300, 318, 14, p.accent, p.cream),
            stroke("M232 242C228 110 372 110 368 242", p.accent, 19),
            circle(232, 250, 7, p.cream),
            circle(368, 250, 7, p.cream),
            stroke("M180 262L168 440", p.cream, 7, opacity=0.4),
        ]
    )


def umbrella(p: Palette) -> str:
    """An open umbrella in the rain."""
    drops = [(96, 120), (150, 66), (474, 92), (520, 168), (430, 40), (64, 236), (540, 300), (118, 420), (486, 436)]
    return "".join(
        [
            *[path(f"M{x} {y}q13 21 0 30q-13 -9 0 -30z", p.main, opacity=0.55) for x, y in drops],
            stroke("M300 120V456Q300 500 258 500T216 456", p.ink, 15),
            stroke("M300 462Q300 500 258 500T216 456", p.accent_deep, 19),
            stroke("M300 84V110", p.ink, 12),
            path("M96 318C100 180 190 106 300 106S500 180 504 318Q470 284 436 318Q402 284 368 318Q334 284 300 318"
                 "Q266 284 232 318Q198 284 164 318Q130 284 96 318z", p.main),
            path("M300 106C218 132 168 220 164 318Q198 284 232 318C236 220 262 140 300 106z", p.light),
            path("M300 106C382 132 432 220 436 318Q402 284 368 318C364 220 338 140 300 106z", p.light),
            path("M300 106C262 140 236 220 232 318Q266 284 300 318z", p.cream),
            path("M300 106C338 140 364 220 368 318Q334 284 300 318z", p.cream, opacity=0.8),
            path("M300 106C190 106 100 180 96 318Q110 302 124 302C134 220 190 130 300 106z", p.deep, opacity=0.35),
            path("M300 106C410 106 500 180 504 318Q490 302 476 302C466 220 410 130 300 106z", p.deep, opacity=0.35),
            *[
                circle(300 + dx, y, 7, p.accent)
                for dx, y in [(-32, 236), (32, 236), (-34, 276), (34, 276), (-18, 196), (18, 196)]
            ],
            circle(300, 106, 13, p.accent),
        ]
    )  # fmt: skip


def scarf(p: Palette) -> str:
    """A knitted scarf, knotted, with fringes."""
    left = "M250 236L208 468H300L318 250z"
    right = "M286 240L346 438H434L358 226z"
    return "".join(
        [
            path("M208 468H300L318 250L434 438H346z", p.ink, opacity=0.07, transform="translate(10 16)"),
            path(right, p.deep),
            *[path(_band(272 + 46 * n), p.light, opacity=0.85) for n in range(4)],
            *[stroke(f"M{354 + 18 * n} 441l4 {28 + 5 * (n % 2)}", p.deep, 8) for n in range(5)],
            path("M160 196C160 116 440 116 440 196C440 262 392 280 300 280S160 262 160 196z", p.main),
            path("M208 188C212 150 388 150 392 188C390 214 350 222 300 222S210 214 208 188z", p.glow),
            path("M208 188C212 150 388 150 392 188Q392 196 384 202C380 168 220 168 216 202Q208 196 208 188z", p.deep),
            *[
                stroke(f"M{x} {y}L{x + dx} {y + dy}", p.cream, 9)
                for x, y, dx, dy in [
                    (176, 236, 34, -28),
                    (210, 258, 26, -34),
                    (424, 236, -34, -28),
                    (392, 258, -26, -34),
                ]
            ],
            path(left, p.main),
            *[path(_stripe(274 + 38 * n), p.cream) for n in range(5)],
            *[path(_stripe(274 + 38 * n + 6, 4), p.accent) for n in range(5)],
            *[stroke(f"M{216 + 19 * n} 472l-4 {28 + 5 * (n % 2)}", p.main, 8) for n in range(5)],
            rect(242, 214, 96, 68, p.accent, 26),
            stroke("M262 230V266M290 226V270M318 230V266", p.accent_deep, 6),
        ]
    )


def _stripe(y: float, height: float = 16) -> str:
    """A stripe across the front end of the scarf, as wide as that is at this height."""
    return (
        f"M{num(_front_left(y))} {num(y)}L{num(_front_right(y))} {num(y)}"
        f"L{num(_front_right(y + height))} {num(y + height)}L{num(_front_left(y + height))} {num(y + height)}z"
    )


def _front_left(y: float) -> float:
    return 250 - 42 * (y - 236) / 232


def _front_right(y: float) -> float:
    return 318 - 18 * (y - 250) / 218


def _band(y: float) -> str:
    """A stripe across the back end of the scarf, which leans the other way."""
    return (
        f"M{num(_back_left(y))} {num(y)}L{num(_back_right(y))} {num(y - 5)}"
        f"L{num(_back_right(y + 16))} {num(y + 11)}L{num(_back_left(y + 16))} {num(y + 16)}z"
    )


def _back_left(y: float) -> float:
    return 286 + 60 * (y - 240) / 198


def _back_right(y: float) -> float:
    return 358 + 76 * (y - 231) / 207


MOTIFS: dict[str, Motif] = {"bag": bag, "scarf": scarf, "umbrella": umbrella}
