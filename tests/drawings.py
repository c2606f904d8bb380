"""Made-up photos for the pictures in the docs: teapots on a table, people who answer. Drawn here, of nobody."""

import io
import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

FINE = 3  # drawn so many times larger, for smooth edges


def teapot(colour: Colour, wall: Colour = (226, 220, 210), width: int = 900, height: int = 600) -> Image.Image:
    """A round teapot on a table by a window."""
    image = _room(wall, width * FINE, height * FINE)
    unit = height * FINE / 100
    x, y = width * FINE / 2, 58 * unit
    shadow = _mask(
        image, lambda draw: draw.ellipse(_around(x + 6 * unit, y + 22 * unit, 34 * unit, 5 * unit), fill=150)
    )
    image.paste((46, 38, 32), mask=shadow.filter(ImageFilter.GaussianBlur(3 * unit)))
    pot = _mask(image, lambda draw: _pot(draw, x, y, unit))
    image.paste(_glaze(image.size, colour, x - 8 * unit, y - 8 * unit, 58 * unit), mask=pot)
    _lid(image, x, y, unit, colour)
    for at, wide, high, strength in ((-11, 5, 9, 130), (-13, 1.6, 4, 220)):  # the window shines in it
        light = _mask(
            image,
            lambda draw, at=at, w=wide, h=high, s=strength: draw.ellipse(
                _around(x + at * unit, y - 4 * unit, w * unit, h * unit), fill=s
            ),
        )
        image.paste(
            (255, 255, 255), mask=ImageChops.multiply(light.filter(ImageFilter.GaussianBlur(1.6 * unit)), pot)
        )
    return image.resize((width, height), Image.Resampling.LANCZOS)


def face(
    hair: Colour, skin: Colour, shirt: Colour, wall: Colour, *, long: bool = True, size: int = 128
) -> Image.Image:
    """Somebody, from the shoulders up, in a few flat colours."""
    side = size * FINE
    image = Image.new("RGB", (side, side), wall)
    draw = ImageDraw.Draw(image)
    u = side / 100
    if long:
        draw.rounded_rectangle((24 * u, 22 * u, 76 * u, 82 * u), 26 * u, fill=hair)  # at the back
    draw.ellipse((12 * u, 76 * u, 88 * u, 140 * u), fill=shirt)
    draw.rounded_rectangle((42 * u, 60 * u, 58 * u, 86 * u), 8 * u, fill=_mix(skin, (0, 0, 0), 0.12))
    draw.ellipse((30 * u, 24 * u, 70 * u, 72 * u), fill=skin)
    draw.pieslice((28 * u, 18 * u, 72 * u, 66 * u), 180, 330, fill=hair)  # the fringe
    for eye in (42, 58):
        draw.ellipse(_around(eye * u, 50 * u, 1.9 * u, 2.3 * u), fill=(52, 40, 36))
    draw.arc((42 * u, 50 * u, 58 * u, 64 * u), 25, 155, fill=(168, 76, 70), width=round(1.6 * u))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def jpeg(image: Image.Image) -> bytes:
    """As a phone would send it."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def _room(wall: Colour, width: int, height: int) -> Image.Image:
    """A wall that gets darker to the right, and a wooden table."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for column in range(width):
        draw.line((column, 0, column, height), fill=_mix(wall, (70, 60, 56), 0.42 * (column / width) ** 1.6))
    edge = round(height * 0.68)
    for row in range(edge, height):
        near = (row - edge) / (height - edge)
        grain = 0.06 * math.sin(row / height * 90) * math.sin(row / height * 23)
        draw.line((0, row, width, row), fill=_mix((150, 110, 78), (196, 152, 112), max(0, min(1, near + grain))))
    seam = (0, edge - 12 * FINE, width, edge + 12 * FINE)
    image.paste(image.crop(seam).filter(ImageFilter.GaussianBlur(3 * FINE)), seam)
    return image.filter(ImageFilter.GaussianBlur(8 * FINE))  # it stands out of focus


def _pot(draw: ImageDraw.ImageDraw, x: float, y: float, unit: float) -> None:
    """Its outline: handle, spout, body, foot, lid."""
    draw.ellipse(_around(x - 26 * unit, y - 1 * unit, 12 * unit, 14 * unit), fill=255)
    draw.ellipse(_around(x - 26 * unit, y - 1 * unit, 8 * unit, 10 * unit), fill=0)
    for step in range(101):  # the spout: a curve that gets thinner
        t = step / 100
        across = 18 * (1 - t) ** 2 + 2 * 34 * t * (1 - t) + 41 * t**2
        down = 9 * (1 - t) ** 2 + 2 * 8 * t * (1 - t) - 17 * t**2
        draw.ellipse(_around(x + across * unit, y + down * unit, *[(7.5 - 5 * t) * unit] * 2), fill=255)
    draw.ellipse(_around(x, y, 28 * unit, 22 * unit), fill=255)
    draw.rounded_rectangle((x - 15 * unit, y + 17 * unit, x + 15 * unit, y + 23 * unit), 2 * unit, fill=255)
    draw.ellipse(_around(x, y - 19 * unit, 14 * unit, 6 * unit), fill=255)
    draw.ellipse(_around(x, y - 28 * unit, 3.6 * unit, 3.6 * unit), fill=255)


def _lid(image: Image.Image, x: float, y: float, unit: float, colour: Colour) -> None:
    """The line between lid and body."""
    draw = ImageDraw.Draw(image)
    box = (x - 14.5 * unit, y - 22 * unit, x + 14.5 * unit, y - 13 * unit)
    draw.arc(box, 8, 172, fill=_mix(colour, (0, 0, 0), 0.45), width=round(0.7 * unit))


def _glaze(size: tuple[int, int], colour: Colour, x: float, y: float, reach: float) -> Image.Image:
    """The colour as light falls on something round: bright at (x, y), dark far from it."""
    small = Image.new("RGB", (size[0] // 8, size[1] // 8))
    pixels = small.load()
    assert pixels is not None
    for column in range(small.width):
        for row in range(small.height):
            far = min(1.0, math.hypot(column * 8 - x, row * 8 - y) / reach)
            lit = _mix(colour, (255, 255, 255), 0.28 * (1 - far) ** 2)
            pixels[column, row] = _mix(lit, (18, 14, 20), 0.62 * far**2)
    return small.resize(size, Image.Resampling.BICUBIC)


def _mask(image: Image.Image, draw) -> Image.Image:  # type: ignore[no-untyped-def]
    mask = Image.new("L", image.size, 0)
    draw(ImageDraw.Draw(mask))
    return mask


def _around(x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
    return (x - wide, y - high, x + wide, y + high)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
