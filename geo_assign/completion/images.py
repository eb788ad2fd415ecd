"""Images from strangers' phones, made harmless: decoded and encoded again, so that nothing but the picture is left.

Place, time and device that cameras write into a file are gone with it, and so is whatever was hidden behind the
picture. What a file calls itself does not matter: its content decides.
"""

import hashlib
import io
import threading
import warnings
from collections.abc import Mapping

from PIL import Image, ImageCms, ImageOps

from geo_assign.completion.domain import ImageUnreadableError, PreparedImage

MEDIA_TYPES: Mapping[str, str] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
LONGEST_PX = 2_560
MOST_PIXELS = 40_000_000
_HOW: Mapping[str, Mapping[str, int | bool]] = {
    "JPEG": {"quality": 85, "optimize": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 85},
}
_MODES: Mapping[str, frozenset[str]] = {
    "JPEG": frozenset({"L", "RGB"}),
    "PNG": frozenset({"L", "LA", "RGB", "RGBA"}),
    "WEBP": frozenset({"RGB", "RGBA"}),
}
_WITH_PROFILES = frozenset({"L", "RGB", "RGBA", "CMYK"})
_SRGB = ImageCms.createProfile("sRGB")
# A large picture takes some 150 MB while it is worked on.
_AT_ONCE = threading.BoundedSemaphore(2)


class _TooLargeError(Exception):
    """The picture has more pixels than are decoded."""


def prepare_image(raw: bytes) -> PreparedImage:
    """The picture in `raw`: upright, at most 2,560 pixels long, in its own format. Raises ImageUnreadableError."""
    with _AT_ONCE:
        try:
            return _prepare(raw)
        except (_TooLargeError, Image.DecompressionBombError) as error:
            raise ImageUnreadableError(f"The image has too many pixels; send at most {MOST_PIXELS:,}.") from error
        except Exception as error:  # decoders of broken files raise whatever they stumble over
            raise ImageUnreadableError("The image is damaged, or not a JPEG, PNG or WebP.") from error


def _prepare(raw: bytes) -> PreparedImage:
    with warnings.catch_warnings(), io.BytesIO(raw) as file:
        warnings.simplefilter("ignore")
        with Image.open(file, formats=tuple(MEDIA_TYPES)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _TooLargeError
            kind = opened.format or ""
            # Of a JPEG that is to be made smaller, only as much is decoded as is needed.
            opened.draft(None, (LONGEST_PX, LONGEST_PX))
            upright = ImageOps.exif_transpose(opened)
    upright.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    picture = _in_srgb(upright)
    content = _encoded(picture, kind)
    return PreparedImage(
        content=content,
        media_type=MEDIA_TYPES[kind],
        width_px=picture.width,
        height_px=picture.height,
        sha256=hashlib.sha256(content).digest(),
    )


def _in_srgb(picture: Image.Image) -> Image.Image:
    """The same colours without the profile that comes with the file: viewers take what has none for sRGB."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    plain = (
        picture if picture.mode in _WITH_PROFILES else picture.convert("RGBA" if _is_transparent(picture) else "RGB")
    )
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if plain.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(plain, given, _SRGB, outputMode=mode) or plain
    except (ImageCms.PyCMSError, OSError):
        # A profile that cannot be read, or is of another kind of picture: the numbers are taken as they stand.
        return picture


def _is_transparent(picture: Image.Image) -> bool:
    return bool(picture.has_transparency_data)


def _encoded(picture: Image.Image, kind: str) -> bytes:
    if picture.mode not in _MODES[kind]:
        picture = picture.convert("RGBA" if _is_transparent(picture) and kind != "JPEG" else "RGB")
    # A new image: what `info` held of the old one, such as text and colour profiles, is not written.
    plain = Image.new(picture.mode, picture.size)
    plain.paste(picture)
    with io.BytesIO() as file:
        plain.save(file, kind, **_HOW[kind])
        return file.getvalue()
