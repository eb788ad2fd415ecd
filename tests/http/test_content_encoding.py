"""Compressed bodies: gzip alone, and never more of it than a plain body may have."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.errors import InvalidError
from geo_assign.http.content_encoding import decompressed
from geo_assign.http.errors import BodyTooLargeError, MalformedJsonError, UnsupportedMediaTypeError


@given(st.binary(max_size=300), st.sampled_from(["gzip", "GZIP", " x-gzip ", "identity, gzip"]))
def test_what_was_packed_comes_out(plain: bytes, encoding: str) -> None:
    assert decompressed(gzip.compress(plain), encoding, limit=300) == plain


@pytest.mark.parametrize("encoding", [None, "", "identity", "Identity"])
def test_a_plain_body_stays(encoding: str | None) -> None:
    assert decompressed(b"{}", encoding, limit=10) == b"{}"


def test_several_files_in_one_are_one_body() -> None:
    assert decompressed(gzip.compress(b"{") + gzip.compress(b"}"), "gzip", limit=10) == b"{}"


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "nonsense"])
def test_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError):
        decompressed(zlib.compress(b"{}"), encoding, limit=10)


@pytest.mark.parametrize("parts", [(11,), (10, 1)])
def test_it_is_as_large_as_what_it_holds(parts: tuple[int, ...]) -> None:
    packed = b"".join(gzip.compress(b"0" * size) for size in parts)
    with pytest.raises(BodyTooLargeError):
        decompressed(packed, "gzip", limit=10)


def test_of_a_bomb_no_more_is_unpacked_than_is_allowed() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with pytest.raises(BodyTooLargeError):
        decompressed(bomb, "gzip", limit=1_000)


@given(st.binary(min_size=1, max_size=200))
def test_what_is_no_gzip_is_refused(raw: bytes) -> None:
    for sent in (raw, gzip.compress(raw)[:-1], gzip.compress(raw) + b"x"):
        with pytest.raises(InvalidError):
            decompressed(sent, "gzip", limit=1_000)


def test_a_body_cut_short_is_told_so() -> None:
    with pytest.raises(MalformedJsonError):
        decompressed(gzip.compress(b"{}" * 100)[:20], "gzip", limit=1_000)
