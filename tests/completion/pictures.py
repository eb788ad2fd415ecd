"""Pictures as phones send them, made for the tests."""

import io
from typing import Any

from PIL import Image

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (80, 40), mode: str = "RGB", **options: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("red", (0, 0, size[0] // 2, size[1]))
    with io.BytesIO() as file:
        drawn.convert(mode).save(file, kind, **options)
        return file.getvalue()


def with_metadata(kind: str = "JPEG", *, orientation: int = 1) -> bytes:
    """A picture that says which camera took it, where, and how it was held."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKE] = "Invented Camera"
    exif.get_ifd(GPS).update({1: "N", 2: (41.0, 9.0, 4.0), 3: "W", 4: (8.0, 36.0, 40.0)})
    return picture(kind, exif=exif.tobytes())


def opened(content: bytes) -> Image.Image:
    """The picture, decoded."""
    found = Image.open(io.BytesIO(content))
    found.load()
    return found
