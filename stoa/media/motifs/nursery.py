"""For small people: teddy, stacker, romper, mobile, bunting."""

from stoa.media.motifs.motif import Motif
from stoa.media.palettes import Palette
from stoa.media.shapes import circle, ellipse, ground, heart, num, path, rect, star, stroke, turned


def teddy(p: Palette) -> str:
    """A sitting bear with a bow."""
    return "".join(
        [
            ground(480, 330, p.ink),
            turned(ellipse(196, 352, 34, 66, p.deep), 34, 196, 352),
            turned(ellipse(404, 352, 34, 66, p.deep), -34, 404, 352),
            ellipse(300, 378, 112, 104, p.main),
            ellipse(300, 392, 68, 70, p.light),
            circle(216, 442, 48, p.main),
            circle(384, 442, 48, p.main),
            circle(216, 446, 28, p.cream),
            circle(384, 446, 28, p.cream),
            heart(216, 446, 22, p.accent),
            heart(384, 446, 22, p.accent),
            circle(208, 130, 44, p.main),
            circle(392, 130, 44, p.main),
            circle(208, 132, 24, p.accent),
            circle(392, 132, 24, p.accent),
            ellipse(300, 212, 126, 112, p.main),
            path("M374 122Q426 160 426 212Q426 300 330 321Q400 280 398 210Q396 160 374 122z", p.deep, opacity=0.35),
            ellipse(300, 252, 62, 48, p.cream),
            circle(252, 198, 12, p.ink),
            circle(348, 198, 12, p.ink),
            circle(256, 194, 4, "#ffffff"),
            circle(352, 194, 4, "#ffffff"),
            circle(216, 236, 19, p.accent, opacity=0.4),
            circle(384, 236, 19, p.accent, opacity=0.4),
            path("M280 234Q300 224 320 234Q318 254 300 256Q282 254 280 234z", p.ink),
            stroke("M300 256V268Q286 284 272 274M300 268Q314 284 328 274", p.ink, 5),
            path("M300 326C250 288 214 306 222 332S270 350 300 326C350 288 386 306 378 332S330 350 300 326z", p.accent),
            circle(300, 326, 16, p.accent_deep),
        ]
    )


def stacker(p: Palette) -> str:
    """Wooden rings on a peg, biggest first."""
    rings = [
        (414, 300, p.main), (364, 256, p.accent), (314, 212, p.light), (264, 170, p.cream), (214, 130, p.deep),
    ]  # fmt: skip
    parts = [
        ground(486, 320, p.ink),
        rect(156, 456, 288, 26, p.accent_deep, 13),
        rect(288, 150, 24, 310, p.accent_deep, 12),
    ]
    for y, width, colour in rings:
        parts += [
            rect(300 - width / 2, y, width, 46, colour, 23),
            path(
                f"M{num(300 + width * 0.2)} {y}H{num(300 + width / 2 - 23)}a23 23 0 0 1 0 46H{num(300 + width * 0.1)}"
                f"Q{num(300 + width * 0.3)} {y + 23} {num(300 + width * 0.2)} {y}z",
                p.ink, opacity=0.1,
            ),
            stroke(f"M{num(300 - width / 2 + 22)} {y + 13}h{num(width * 0.2)}", "#ffffff", 6, opacity=0.55),
        ]  # fmt: skip
    parts += [
        circle(300, 170, 46, p.accent),
        circle(300, 170, 46, p.ink, opacity=0.04),
        circle(284, 154, 11, p.cream, opacity=0.7),
    ]
    return "".join(parts)


def romper(p: Palette) -> str:
    """A baby's bodysuit with a star on its chest."""
    outline = (
        "M226 130L140 186Q130 194 136 206L170 262Q176 272 188 266L210 254V388Q212 410 232 422Q262 438 266 470H334"
        "Q338 438 368 422Q388 410 390 388V254L412 266Q424 272 430 262L464 206Q470 194 460 186L374 130"
        "Q300 178 226 130z"
    )
    return "".join(
        [
            path(outline, p.ink, opacity=0.1, transform="translate(8 14)"),
            path(outline, p.main),
            path("M390 254V388Q388 410 368 422Q338 438 334 470H300Q352 420 352 330Q352 220 338 148Q358 142 374 130"
                 "L400 147Q386 200 390 254z", p.deep, opacity=0.3),
            stroke("M226 132Q300 182 374 132", p.cream, 13),
            stroke("M166 252L190 262M434 252L410 262", p.cream, 11),
            stroke("M139 208L172 262M461 208L428 262", p.cream, 13),
            stroke("M214 398Q262 420 270 468M386 398Q338 420 330 468", p.cream, 11),
            star(300, 268, 50, p.accent),
            *[circle(300 + dx, y, 7, p.cream, opacity=0.9)
              for dx, y in [(-62, 222), (62, 222), (-62, 322), (62, 322), (0, 196), (0, 350), (-38, 376), (38, 376)]],
            *[circle(x, 456, 6, p.deep) for x in (284, 300, 316)],
        ]
    )  # fmt: skip


def mobile(p: Palette) -> str:
    """A mobile of moon, stars and clouds above a cot."""
    cloud = "M{0} {1}a30 30 0 0 1 8 -59a44 44 0 0 1 82 -6a34 34 0 0 1 14 65z"
    return "".join(
        [
            stroke("M300 -6V110", p.deep, 6),
            stroke("M124 158Q300 72 476 158", p.accent_deep, 15),
            circle(300, 114, 17, p.accent),
            circle(124, 158, 12, p.accent),
            circle(476, 158, 12, p.accent),
            stroke("M124 160V286M212 126V226M300 114V256M388 126V206M476 160V296", p.deep, 3.5),
            path(cloud.format(82, 338), p.cream),
            path(cloud.format(434, 352), p.light),
            star(212, 258, 34, p.accent),
            star(388, 236, 32, p.main),
            path("M322 264A84 84 0 1 0 386 400A98 98 0 0 1 322 264z", p.accent),
            path("M322 264A84 84 0 0 0 272 414A104 104 0 0 1 322 264z", p.accent_deep, opacity=0.25),
            circle(284, 348, 6, p.ink),
            stroke("M270 378q14 12 28 4", p.ink, 5),
            circle(262, 362, 9, p.cream, opacity=0.6),
            star(132, 452, 13, p.light),
            star(470, 452, 15, p.accent),
            star(212, 492, 10, p.main),
            star(404, 500, 9, p.light),
        ]
    )


def bunting(p: Palette) -> str:
    """Two strings of flags across the picture."""

    def string(start: float, sag: float, colours: tuple[str, ...], offset: int) -> str:
        parts = []
        width = 84.0
        for n in range(7):
            x = -10 + n * 90 + offset
            y, after = _hang(x, start, sag), _hang(x + width, start, sag)
            colour = colours[n % len(colours)]
            lean = (after - y) * 0.5
            tip_x, tip_y = x + width / 2 - lean * 0.3, (y + after) / 2 + 108
            flag = f"M{num(x)} {num(y)}L{num(x + width)} {num(after)}L{num(tip_x)} {num(tip_y)}z"
            parts.append(path(flag, p.ink, opacity=0.08, transform="translate(7 10)"))
            parts.append(path(flag, colour, stroke=colour, stroke_width=7, stroke_linejoin="round"))
            middle_x, middle_y = x + width / 2, (y + after) / 2 + 36
            parts.append(_ornament(n, middle_x, middle_y, p.cream if colour != p.cream else p.accent))
        points = "L".join(f"{x} {num(_hang(x, start, sag))}" for x in range(-20, 640, 20))
        return "".join(parts) + stroke(f"M{points}", p.ink, 6)

    return string(110, 74, (p.main, p.accent, p.cream, p.deep), 0) + string(
        318, 88, (p.accent, p.light, p.deep, p.cream), -42
    )


def _hang(x: float, start: float, sag: float) -> float:
    """The height of a string that hangs by `sag` in the middle."""
    return start + sag * (1 - ((x - 300) / 330) ** 2)


def _ornament(n: int, x: float, y: float, colour: str) -> str:
    if n % 3 == 0:
        return star(x, y, 15, colour)
    if n % 3 == 1:
        return "".join(circle(x + dx, y + dy, 5.5, colour) for dx, dy in [(-13, -8), (13, -8), (0, 8), (0, -20)])
    return heart(x, y, 26, colour)


MOTIFS: dict[str, Motif] = {
    "bunting": bunting,
    "mobile": mobile,
    "romper": romper,
    "stacker": stacker,
    "teddy": teddy,
}
