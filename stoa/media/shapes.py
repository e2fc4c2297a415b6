"""SVG elements as text. Coordinates are those of the 600 by 600 picture; numbers are written short."""

from math import cos, radians, sin


def num(value: float) -> str:
    """The number with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def _attributes(**attributes: object) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{num(value) if isinstance(value, int | float) else value}"'
        if name != "opacity"
        else f' opacity="{value}"'
        for name, value in attributes.items()
    )


def path(d: str, fill: str, **more: object) -> str:
    """A filled outline."""
    return f'<path d="{d}"{_attributes(fill=fill, **more)}/>'


def stroke(d: str, colour: str, width: float, **more: object) -> str:
    """A line with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke-linecap="round" stroke-linejoin="round"'
        f"{_attributes(stroke=colour, stroke_width=width, **more)}/>"
    )


def circle(x: float, y: float, r: float, fill: str, **more: object) -> str:
    """A disc."""
    return f"<circle{_attributes(cx=x, cy=y, r=r, fill=fill, **more)}/>"


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, **more: object) -> str:
    """A flattened disc."""
    return f"<ellipse{_attributes(cx=x, cy=y, rx=rx, ry=ry, fill=fill, **more)}/>"


def rect(x: float, y: float, width: float, height: float, fill: str, r: float = 0, **more: object) -> str:
    """A box with rounded corners."""
    return f"<rect{_attributes(x=x, y=y, width=width, height=height, rx=r, fill=fill, **more)}/>"


def turned(inner: str, degrees: float, x: float = 300, y: float = 300) -> str:
    """The drawing turned around a point."""
    return f'<g transform="rotate({num(degrees)} {num(x)} {num(y)})">{inner}</g>'


def leaf(x: float, y: float, degrees: float, size: float, fill: str) -> str:
    """A leaf whose stem is at (x, y), pointing up before it is turned."""
    w = size * 0.36
    outline = (
        f"M{num(x)} {num(y)}q{num(-w)} {num(-size * 0.5)} 0 {num(-size)}q{num(w)} {num(size * 0.5)} 0 {num(size)}z"
    )
    return turned(path(outline, fill), degrees, x, y)


def sprig(x: float, y: float, height: float, fill: str, pairs: int = 3) -> str:
    """A twig that grows upwards from (x, y), with leaves in pairs and one at the end."""
    parts = [stroke(f"M{num(x)} {num(y)}v{num(-height * 0.8)}", fill, max(2.5, height * 0.035))]
    for n in range(pairs):
        at = y - height * (0.12 + 0.62 * n / pairs)
        size = height * (0.36 - 0.04 * n)
        parts += [leaf(x, at, -52, size, fill), leaf(x, at, 52, size, fill)]
    parts.append(leaf(x, y - height * 0.68, 0, height * 0.34, fill))
    return "".join(parts)


def heart(x: float, y: float, size: float, fill: str) -> str:
    """A heart around (x, y)."""
    s = size / 2
    left = f"{num(x - 2 * s)} {num(y - s * 0.3)} {num(x - s)} {num(y - s * 1.4)}"
    right = f"{num(x + s)} {num(y - s * 1.4)} {num(x + 2 * s)} {num(y - s * 0.3)}"
    dip, tip = f"{num(x)} {num(y - s * 0.4)}", f"{num(x)} {num(y + s)}"
    return path(f"M{tip}C{left} {dip}C{right} {tip}z", fill)


def star(x: float, y: float, r: float, fill: str, points: int = 5) -> str:
    """A star with rounded joins around (x, y)."""
    corners = []
    for n in range(points * 2):
        reach = r if n % 2 == 0 else r * 0.5
        at = radians(-90 + 180 * n / points)
        corners.append(f"{num(x + reach * cos(at))} {num(y + reach * sin(at))}")
    return path(f"M{'L'.join(corners)}z", fill, stroke=fill, stroke_width=r * 0.22, stroke_linejoin="round")


def flower(x: float, y: float, r: float, petals: str, middle: str) -> str:
    """A flower of six petals."""
    spread = [
        circle(x + r * 0.62 * cos(radians(60 * n)), y + r * 0.62 * sin(radians(60 * n)), r * 0.46, petals)
        for n in range(6)
    ]
    return "".join(spread) + circle(x, y, r * 0.36, middle)


def ground(y: float, width: float, ink: str, x: float = 300) -> str:
    """The soft shadow of a thing that stands at height y."""
    return ellipse(x, y, width / 2, 17, ink, opacity=0.1) + ellipse(x, y, width * 0.4, 11, ink, opacity=0.12)
