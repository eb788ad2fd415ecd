"""What is kept of the images that phones send: the picture, and nothing else."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from geo_assign.completion.domain import ImageUnreadableError
from geo_assign.completion.images import LONGEST_PX, prepare_image
from tests.completion.pictures import opened, picture, with_metadata

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_stays_one_of_its_kind(kind: str) -> None:
    kept = prepare_image(picture(kind))
    assert (kept.media_type, kept.width_px, kept.height_px) == (KINDS[kind], 80, 40)
    found = opened(kept.content)
    assert (found.format, found.size) == (kind, (80, 40))
    assert is_red(found, (10, 20))
    assert not is_red(found, (70, 20))


@pytest.mark.parametrize("kind", KINDS)
def test_camera_and_place_are_gone(kind: str) -> None:
    sent = with_metadata(kind)
    assert b"Invented Camera" in sent
    kept = prepare_image(sent)
    assert b"Invented" not in kept.content
    assert dict(opened(kept.content).getexif()) == {}


def test_comments_profiles_and_what_is_hidden_behind_the_picture_are_gone() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Invented Author")
    for sent in (
        picture("PNG", pnginfo=notes),
        picture("JPEG", comment=b"Invented Author"),
        picture("JPEG", icc_profile=b"Invented Author" * 20),
        picture("PNG") + b"Invented Author <script>",
        picture("WEBP", xmp=b"<x>Invented Author</x>"),
    ):
        assert b"Invented" in sent or sent.startswith(b"\x89PNG")
        assert b"Invented" not in prepare_image(sent).content


def profile_of(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def swapped() -> bytes:
    """SRGB's profile with the primaries of red and blue exchanged: of such a file red is shown as blue."""
    profile = bytearray(profile_of("sRGB"))
    red, blue = profile.find(b"rXYZ"), profile.find(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("PNG", "P")]
)
def test_colours_are_those_that_the_profile_meant(kind: str, mode: str) -> None:
    kept = opened(prepare_image(picture(kind, mode=mode, icc_profile=swapped())).content).convert("RGB")
    assert is_red(kept, (70, 20))
    assert not is_red(kept, (10, 20))
    same = opened(prepare_image(picture(kind, mode=mode, icc_profile=profile_of("sRGB"))).content).convert("RGB")
    assert is_red(same, (10, 20))
    assert not is_red(same, (70, 20))


@pytest.mark.parametrize("profile", [b"no profile", profile_of("LAB"), profile_of("XYZ"), swapped()[:200]])
def test_a_profile_that_does_not_fit_leaves_the_colours_alone(profile: bytes) -> None:
    kept = prepare_image(picture("JPEG", icc_profile=profile)).content
    assert is_red(opened(kept), (10, 20))
    assert "icc_profile" not in opened(kept).info


@pytest.mark.parametrize(("orientation", "size"), [(1, (80, 40)), (3, (80, 40)), (6, (40, 80)), (8, (40, 80))])
def test_a_picture_is_turned_upright(orientation: int, size: tuple[int, int]) -> None:
    kept = prepare_image(with_metadata(orientation=orientation))
    assert (kept.width_px, kept.height_px) == size
    red_is_at = {1: (10, 20), 3: (70, 20), 6: (20, 10), 8: (20, 70)}[orientation]
    assert is_red(opened(kept.content), red_is_at)


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_picture_is_made_smaller(kind: str) -> None:
    kept = prepare_image(picture(kind, size=(4_000, 1_000)))
    assert (kept.width_px, kept.height_px) == (LONGEST_PX, LONGEST_PX // 4)


@pytest.mark.parametrize(
    ("kind", "mode", "kept_as"),
    [
        ("PNG", "P", "RGB"),
        ("PNG", "1", "RGB"),
        ("PNG", "L", "L"),
        ("PNG", "RGBA", "RGBA"),
        ("PNG", "LA", "LA"),
        ("PNG", "I;16", "RGB"),
        ("JPEG", "L", "L"),
        ("JPEG", "CMYK", "RGB"),
        ("WEBP", "RGBA", "RGB"),
    ],
)
def test_every_way_to_write_colours_is_read(kind: str, mode: str, kept_as: str) -> None:
    sent = picture(kind, mode=mode) if mode != "I;16" else _deep_grey()
    assert opened(prepare_image(sent).content).mode == kept_as


def test_a_signature_on_nothing_stays_see_through() -> None:
    sheet = Image.new("RGBA", (60, 20), (0, 0, 0, 0))
    sheet.putpixel((5, 5), (0, 0, 0, 255))
    kept = opened(prepare_image(_saved(sheet)).content)
    assert (kept.getpixel((30, 10)), kept.getpixel((5, 5))) == ((0, 0, 0, 0), (0, 0, 0, 255))


def test_of_a_moving_picture_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    kept = opened(prepare_image(_saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])).content)
    assert getattr(kept, "n_frames", 1) == 1


UNREADABLE = {
    "nothing of an image": b"not an image at all",
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "another format": picture("GIF"),
    "a bitmap": picture("BMP"),
    "a TIFF": picture("TIFF"),
    "a head alone": picture("JPEG")[:30],
    "half a JPEG": picture("JPEG", size=(600, 600), quality=95)[:2_000],
    "half a PNG": picture("PNG", size=(600, 600))[:600],
    "half a WebP": picture("WEBP", size=(600, 600))[:200],
    "a name that lies": b"\xff\xd8\xff\xe0" + b"\x00" * 200,
}


@pytest.mark.parametrize("sent", UNREADABLE.values(), ids=list(UNREADABLE))
def test_what_is_no_whole_picture_is_refused(sent: bytes) -> None:
    with pytest.raises(ImageUnreadableError) as refusal:
        prepare_image(sent)
    assert refusal.value.detail == "The image is damaged, or not a JPEG, PNG or WebP."


@pytest.mark.parametrize("side", [6_400, 12_000, 20_000])
def test_a_small_file_with_a_huge_picture_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(ImageUnreadableError) as refusal:
        prepare_image(_png_header(side, side))
    assert refusal.value.detail == "The image has too many pixels; send at most 40,000,000."


def is_red(image: Image.Image, at: tuple[int, int]) -> bool:
    """Whether the picture is red there, as good as its encoding is."""
    red, _, blue = image.convert("RGB").getpixel(at)  # type: ignore[misc]
    return red > blue + 100


def _saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    with BytesIO() as file:
        image.save(file, kind, **options)
        return file.getvalue()


def _deep_grey() -> bytes:
    return _saved(Image.new("I;16", (30, 30), 40_000))


def _png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )
