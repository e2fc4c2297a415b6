"""The kitchen shelf: mug, teapot, plate, bowl, jar."""

from stoa.media.motifs.motif import Motif
from stoa.media.palettes import Palette
from stoa.media.shapes import circle, ellipse, flower, ground, leaf, path, rect, sprig, stroke, turned

# What is eaten and drunk has its own colours in every palette.
ORANGE, ORANGE_DEEP, BERRY, BERRY_DEEP = "#ec9a45", "#dd8330", "#b8434f", "#8f2f3d"
COCOA, COCOA_LIGHT = "#7a4a32", "#a86f4c"


def mug(p: Palette) -> str:
    """A mug of something hot, with a painted band."""
    return "".join(
        [
            ground(466, 300, p.ink, 305),
            stroke("M392 278C470 262 484 398 384 398", p.deep, 30),
            stroke("M392 274C466 260 476 390 384 392", p.main, 24),
            path("M182 226H398V392Q396 464 322 464H258Q184 464 182 392z", p.main),
            path("M340 232H398V392Q396 464 322 464H290Q342 440 340 360z", p.deep, opacity=0.45),
            path("M182 296Q290 332 398 296V362Q290 398 182 362z", p.cream),
            *[leaf(206 + 34 * n, 352 + (8, 14, 17, 17, 14, 8)[n], 28, 40, p.accent) for n in range(6)],
            *[circle(222 + 34 * n, 326 + (6, 10, 12, 10, 6)[n], 4.5, p.deep) for n in range(5)],
            ellipse(290, 226, 108, 25, p.light),
            ellipse(290, 228, 95, 18, COCOA),
            ellipse(282, 231, 74, 11, COCOA_LIGHT, opacity=0.6),
            path("M200 250Q206 256 206 262V380Q208 410 222 430Q198 410 198 384z", p.cream, opacity=0.35),
            stroke("M262 184C244 160 282 142 262 112", p.cream, 9, opacity=0.9),
            stroke("M314 188C296 158 336 138 314 100", p.cream, 9, opacity=0.9),
        ]
    )


def teapot(p: Palette) -> str:
    """A round teapot with a painted sprig."""
    return "".join(
        [
            ground(468, 320, p.ink),
            stroke("M412 292C508 262 512 424 402 414", p.deep, 25),
            stroke("M412 288C502 262 504 416 402 408", p.main, 18),
            path("M206 396C140 388 160 284 96 256Q92 246 104 240L132 240C186 262 176 316 214 324z", p.main),
            path("M96 256Q92 246 104 240L132 240Q134 250 122 258Q108 264 96 256z", p.deep),
            path("M164 360C164 292 222 252 302 252S438 292 438 360C438 424 396 462 302 462S164 424 164 360z", p.main),
            path("M352 258C408 272 438 310 438 360C438 424 396 462 302 462Q392 420 386 340Q382 288 352 258z", p.deep,
                 opacity=0.4),
            rect(238, 450, 126, 18, p.deep, 9),
            path("M222 266Q232 222 302 222T382 266Q302 288 222 266z", p.light),
            path("M222 266Q302 288 382 266Q302 296 222 266z", p.deep),
            circle(302, 208, 19, p.accent),
            circle(296, 202, 6, p.cream, opacity=0.6),
            sprig(286, 436, 146, p.cream, 3),
            flower(322, 362, 24, p.accent, p.cream),
            flower(244, 392, 17, p.accent, p.cream),
            path("M186 344Q190 300 226 280Q200 312 200 350Q196 372 188 366z", p.cream, opacity=0.35),
        ]
    )  # fmt: skip


def plate(p: Palette) -> str:
    """A dinner plate with a wreath on its rim, seen from above."""
    rim = [turned(leaf(300, 158, 62 if n % 2 else 118, 36, p.main), 15 * n, 300, 300) for n in range(24)]
    berries = [turned(circle(300, 146, 6, p.accent), 30 * n + 7, 300, 300) for n in range(12)]
    return "".join(
        [
            ellipse(306, 318, 204, 200, p.ink, opacity=0.12),
            circle(300, 300, 198, p.cream),
            circle(300, 300, 198, "none", stroke=p.deep, stroke_width=7),
            *rim,
            *berries,
            circle(300, 300, 122, p.light, opacity=0.45),
            circle(300, 300, 114, p.cream),
            flower(300, 292, 30, p.accent, p.light),
            leaf(284, 316, -128, 46, p.main),
            leaf(316, 316, 128, 46, p.main),
            leaf(300, 322, 180, 44, p.deep),
            stroke("M196 252A116 116 0 0 1 260 190", "#ffffff", 8, opacity=0.8),
        ]
    )


def bowl(p: Palette) -> str:
    """A speckled bowl of oranges."""
    specks = [
        (214, 372),
        (246, 404),
        (280, 380),
        (316, 412),
        (352, 376),
        (386, 396),
        (300, 440),
        (232, 350),
        (410, 358),
    ]
    return "".join(
        [
            ground(472, 260, p.ink),
            circle(238, 272, 58, ORANGE),
            circle(362, 270, 60, ORANGE),
            circle(300, 240, 62, ORANGE_DEEP),
            circle(292, 232, 48, ORANGE, opacity=0.75),
            circle(222, 254, 14, p.cream, opacity=0.35),
            circle(344, 250, 14, p.cream, opacity=0.35),
            leaf(300, 184, 58, 58, p.deep),
            leaf(300, 184, -30, 44, p.main),
            path("M142 304H458C458 408 398 462 300 462S142 408 142 304z", p.main),
            path("M398 304H458C458 408 398 462 300 462Q398 412 398 304z", p.deep, opacity=0.4),
            rect(236, 454, 128, 20, p.deep, 8),
            rect(132, 290, 336, 28, p.light, 14),
            *[circle(x, y, 5, p.cream, opacity=0.8) for x, y in specks],
            path("M164 332Q172 400 222 436Q182 418 164 378Q156 350 164 332z", p.cream, opacity=0.3),
        ]
    )


def jar(p: Palette) -> str:
    """A jar of jam under a gingham cloth."""
    checks = [rect(214 + 32 * n, 146, 15, 62, p.cream, opacity=0.5) for n in range(6)]
    return "".join(
        [
            ground(468, 260, p.ink),
            rect(182, 214, 236, 250, p.light, 44, opacity=0.55),
            rect(194, 250, 212, 204, BERRY_DEEP, 36),
            path("M194 268Q246 246 300 266T406 262V300H194z", BERRY),
            rect(194, 290, 212, 130, BERRY, 0, opacity=0.35),
            *[circle(x, y, r, BERRY, opacity=0.7) for x, y, r in [(224, 432, 11), (262, 442, 8), (372, 436, 10)]],
            path("M204 136Q300 118 396 136L420 226Q300 206 180 226z", p.main),
            *checks,
            path("M198 158Q300 140 402 158L407 176Q300 158 193 176z", p.cream, opacity=0.5),
            path("M188 196Q300 178 412 196L420 226Q300 206 180 226z", p.deep, opacity=0.4),
            stroke("M196 210Q300 190 404 210", p.cream, 8),
            stroke("M300 198C270 216 262 244 276 240S300 210 300 198", p.cream, 6),
            stroke("M300 198C330 216 338 244 324 240S300 210 300 198", p.cream, 6),
            rect(232, 300, 136, 96, p.cream, 12),
            rect(240, 308, 120, 80, "none", 8, stroke=p.main, stroke_width=3),
            sprig(300, 382, 68, p.deep, 2),
            stroke("M208 262V400", "#ffffff", 9, opacity=0.45),
        ]
    )  # fmt: skip


MOTIFS: dict[str, Motif] = {"bowl": bowl, "jar": jar, "mug": mug, "plate": plate, "teapot": teapot}
