"""For the rooms of a house: candle, lantern, vase, clock, cushion, blanket, wreath."""

from math import cos, radians, sin

from stoa.media.motifs.motif import Motif
from stoa.media.palettes import Palette
from stoa.media.shapes import circle, ellipse, flower, ground, leaf, num, path, rect, sprig, stroke, turned

# A flame is warm in every palette.
FLAME, HEART, GLOW = "#f0a03c", "#fff2cf", "#f6c469"


def candle(p: Palette) -> str:
    """A candle burning in a glass with a label."""
    return "".join(
        [
            ground(470, 260, p.ink),
            circle(300, 172, 104, GLOW, opacity=0.25),
            circle(300, 172, 66, GLOW, opacity=0.35),
            rect(186, 236, 228, 230, p.light, 34, opacity=0.6),
            rect(198, 288, 204, 168, p.cream, 26),
            path("M198 306Q198 288 226 288H374Q402 288 402 306Q300 326 198 306z", p.glow),
            stroke("M300 296V238", p.ink, 7),
            path("M300 98C342 150 350 186 334 214C320 236 280 236 266 214C250 186 264 150 300 98z", FLAME),
            path("M300 150C324 182 326 204 314 218C306 226 294 226 286 218C274 204 280 180 300 150z", HEART),
            rect(240, 334, 120, 96, p.main, 10),
            rect(248, 342, 104, 80, "none", 6, stroke=p.cream, stroke_width=2.5),
            sprig(300, 414, 66, p.cream, 2),
            rect(186, 236, 228, 16, p.cream, 8, opacity=0.75),
            stroke("M206 276V420", "#ffffff", 9, opacity=0.55),
            path("M368 252H400Q414 258 414 272V440Q412 466 380 466Q392 380 368 252z", p.deep, opacity=0.16),
        ]
    )


def lantern(p: Palette) -> str:
    """A garden lantern with a light in it, hanging from above."""
    return "".join(
        [
            stroke("M300 -6V92", p.deep, 7),
            circle(300, 112, 20, "none", stroke=p.deep, stroke_width=8),
            circle(300, 320, 150, GLOW, opacity=0.28),
            path("M262 132H338L352 168H248z", p.deep),
            path("M204 222Q214 168 252 164H348Q386 168 396 222z", p.main),
            path("M340 164H348Q386 168 396 222H362Q366 184 340 164z", p.deep, opacity=0.45),
            rect(192, 216, 216, 22, p.deep, 8),
            path("M208 238H392L380 438H220z", GLOW, opacity=0.6),
            path("M228 238H372L362 438H238z", HEART, opacity=0.8),
            rect(272, 352, 56, 86, p.cream, 6),
            ellipse(300, 352, 28, 8, p.glow),
            stroke("M300 352V336", p.ink, 5),
            path("M300 268C324 298 326 316 318 330C310 340 290 340 282 330C274 316 278 296 300 268z", FLAME),
            path("M300 298C312 314 312 324 306 330C302 333 298 333 294 330C288 324 290 312 300 298z", HEART),
            stroke("M208 240L221 436M392 240L379 436M300 240V258", p.deep, 11),
            stroke("M262 240L266 436M338 240L334 436", p.deep, 5),
            rect(204, 432, 192, 24, p.main, 8),
            rect(188, 452, 224, 20, p.deep, 9),
            stroke("M236 262L244 380", "#ffffff", 8, opacity=0.7),
        ]
    )


def vase(p: Palette) -> str:
    """A bellied vase with a handful of flowers."""
    stems = [(-96, 150, 214), (-44, 96, 170), (12, 74, 150), (66, 112, 180), (112, 168, 226)]
    parts = [ground(470, 230, p.ink)]
    for dx, top, bend in stems:
        parts.append(stroke(f"M300 300Q{num(300 + dx * 0.2)} {num(bend)} {num(300 + dx)} {num(top)}", p.deep, 6))
    parts += [
        leaf(262, 214, -58, 66, p.main),
        leaf(244, 186, 12, 56, p.light),
        leaf(338, 220, 62, 64, p.main),
        leaf(352, 190, -8, 54, p.light),
        leaf(300, 236, -18, 70, p.deep),
        leaf(306, 190, 34, 54, p.main),
        flower(204, 150, 36, p.accent, p.cream),
        flower(256, 96, 32, p.cream, p.accent),
        flower(312, 74, 40, p.accent, p.cream),
        flower(366, 112, 31, p.cream, p.accent),
        flower(412, 168, 36, p.accent, p.cream),
        path("M252 262H348Q344 300 376 330Q412 362 402 412Q392 468 336 468H264Q208 468 198 412Q188 362 224 330"
             "Q256 300 252 262z", p.main),
        path("M334 262H348Q344 300 376 330Q412 362 402 412Q392 468 336 468H306Q372 430 356 366Q340 320 334 262z",
             p.deep, opacity=0.42),
        ellipse(300, 262, 48, 11, p.deep),
        path("M198 380Q300 414 402 380L403 404Q300 440 197 404z", p.cream),
        stroke("M206 428Q300 462 394 428", p.cream, 6),
        path("M222 356Q236 338 250 328Q234 352 226 380Q214 376 222 356z", p.cream, opacity=0.4),
    ]  # fmt: skip
    return "".join(parts)


def clock(p: Palette) -> str:
    """An alarm clock on two feet, a little after ten."""
    ticks = []
    for n in range(12):
        x, y = sin(radians(30 * n)), -cos(radians(30 * n))
        inner = 86 if n % 3 == 0 else 93
        ticks.append(
            stroke(
                f"M{num(300 + 100 * x)} {num(316 + 100 * y)}L{num(300 + inner * x)} {num(316 + inner * y)}",
                p.ink, 6 if n % 3 == 0 else 4,
            )
        )  # fmt: skip
    return "".join(
        [
            ground(474, 300, p.ink),
            stroke("M218 428L186 466M382 428L414 466", p.deep, 20),
            stroke("M300 176V140", p.deep, 14),
            stroke("M262 128Q300 104 338 128", p.deep, 12),
            turned(path("M168 174A56 56 0 0 1 280 174z", p.accent) + circle(224, 116, 9, p.accent_deep), -34, 224, 170),
            turned(path("M320 174A56 56 0 0 1 432 174z", p.accent) + circle(376, 116, 9, p.accent_deep), 34, 376, 170),
            circle(300, 316, 150, p.deep),
            circle(296, 312, 146, p.main),
            circle(300, 316, 120, p.light),
            circle(300, 316, 115, p.cream),
            *ticks,
            stroke("M300 316L256 272", p.ink, 11),
            stroke("M300 316L342 246", p.ink, 8),
            stroke("M300 316L318 376", p.accent, 4),
            circle(300, 316, 11, p.accent),
            stroke("M176 282A130 130 0 0 1 232 202", p.cream, 9, opacity=0.5),
        ]
    )


def cushion(p: Palette) -> str:
    """A plump cushion with woven stripes and tassels."""
    corners = [(148, 164, -45), (452, 164, 45), (452, 452, 135), (148, 452, 225)]
    tassels = [
        turned(path(f"M{x - 12} {y - 4}L{x - 17} {y - 42}H{x + 17}L{x + 12} {y - 4}z", p.accent), angle, x, y)
        + circle(x, y, 13, p.accent_deep)
        for x, y, angle in corners
    ]
    diamonds = [path(f"M{x} 286L{x + 17} 308L{x} 330L{x - 17} 308z", p.accent) for x in (186, 232, 278, 324, 370, 416)]
    return "".join(
        [
            ellipse(306, 476, 170, 18, p.ink, opacity=0.12),
            *tassels,
            path("M146 162Q300 196 454 162Q424 308 454 454Q300 424 146 454Q176 308 146 162z", p.main),
            path("M160 220Q300 240 440 220L437 252Q300 268 163 252z", p.cream),
            path("M168 278Q300 290 432 278V338Q300 346 168 338z", p.light),
            *diamonds,
            path("M163 364Q300 352 437 364L440 396Q300 380 160 396z", p.cream),
            path("M454 162Q424 308 454 454Q380 440 330 438Q410 420 404 308Q402 220 376 178Q414 172 454 162z", p.deep,
                 opacity=0.28),
            stroke("M176 196Q196 250 192 300", p.cream, 8, opacity=0.5),
        ]
    )  # fmt: skip


def blanket(p: Palette) -> str:
    """Two folded blankets, the upper one striped and fringed."""
    fringe = [stroke(f"M{190 + 20 * n} 322v{24 + 5 * (n % 2)}", p.cream, 7) for n in range(12)]
    return "".join(
        [
            ground(472, 380, p.ink),
            rect(126, 384, 348, 84, p.accent, 40),
            rect(140, 400, 320, 14, p.accent_deep, 7, opacity=0.45),
            rect(140, 430, 320, 14, p.accent_deep, 7, opacity=0.45),
            *[circle(160 + 35 * n, 422, 4, p.cream, opacity=0.9) for n in range(9)],
            path("M138 218Q138 178 178 178H422Q462 178 462 218V352Q462 388 426 388H174Q138 388 138 352z", p.main),
            path("M138 352Q138 388 174 388H426Q462 388 462 352V340Q458 366 426 366H174Q142 366 138 340z", p.deep),
            path("M180 178H420Q446 178 446 206V322H154V206Q154 178 180 178z", p.light),
            rect(154, 208, 292, 22, p.cream),
            rect(154, 240, 292, 10, p.accent),
            rect(154, 260, 292, 10, p.deep),
            rect(154, 280, 292, 22, p.cream),
            *fringe,
            path("M414 178H422Q462 178 462 218V352Q462 388 426 388H400Q444 360 440 280Q438 210 414 178z", p.deep,
                 opacity=0.3),
            stroke("M168 202V300", "#ffffff", 7, opacity=0.4),
        ]
    )  # fmt: skip


def wreath(p: Palette) -> str:
    """A wreath of leaves and berries on a ribbon."""
    leaves = []
    for n in range(36):
        at = radians(10 * n)
        x, y = 300 + 142 * cos(at), 330 + 142 * sin(at)
        lean = 10 * n + 90 + (38 if n % 2 else -38) + 90
        leaves.append(leaf(x, y, lean, 66 if n % 3 else 56, (p.main, p.deep, p.light)[n % 3]))
    berries = [
        circle(300 + (142 + 15 * (n % 3 - 1)) * cos(radians(a)), 330 + (142 + 15 * (n % 3 - 1)) * sin(radians(a)), 9,
               p.accent)
        for n, a in enumerate(range(12, 372, 24))
    ]  # fmt: skip
    return "".join(
        [
            stroke("M300 -6V190", p.accent, 13),
            circle(308, 342, 148, "none", stroke=p.ink, stroke_width=46, opacity=0.08),
            circle(300, 330, 142, "none", stroke=p.accent_deep, stroke_width=9),
            *leaves,
            *berries,
            path("M300 190C250 130 196 160 216 192S270 212 300 190C350 130 404 160 384 192S330 212 300 190z", p.accent),
            stroke("M296 194L262 262M304 194L338 262", p.accent_deep, 15),
            circle(300, 190, 17, p.accent_deep),
        ]
    )


MOTIFS: dict[str, Motif] = {
    "blanket": blanket,
    "candle": candle,
    "clock": clock,
    "cushion": cushion,
    "lantern": lantern,
    "vase": vase,
    "wreath": wreath,
}
