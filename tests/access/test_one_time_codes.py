"""One-time codes without a database: which are taken, how often, and how they may be written."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from geo_assign.access.one_time_codes import (
    STEP,
    code_of_step,
    find_step,
    hash_recovery_code,
    new_recovery_codes,
    new_second_factor_secret,
    provisioning_uri,
    step_at,
)

SECRET = SecretStr("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
NOON = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)
ORG, ANA, BO = UUID(int=1), UUID(int=2), UUID(int=3)
moments = st.integers(1_500_000_000, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def test_it_is_the_code_of_rfc_6238() -> None:
    """The vectors of its appendix B for SHA-1, of which an app shows the last six digits."""
    secret = SecretStr("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    for second, code in (
        (59, "94287082"),
        (1111111109, "07081804"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ):
        at = datetime.fromtimestamp(second, UTC)
        assert find_step(secret, code[-6:], at=at, after=None) == second // 30


@given(moments, st.integers(-90, 90))
def test_one_step_of_drift_is_allowed_either_way(at: datetime, off_by_s: int) -> None:
    shown = pyotp.TOTP(SECRET.get_secret_value()).at(at + timedelta(seconds=off_by_s))
    steps = step_at(at + timedelta(seconds=off_by_s)) - step_at(at)
    near = {code_of_step(SECRET, step_at(at) + drift) for drift in (-1, 0, 1)}
    assert (find_step(SECRET, shown, at=at, after=None) is not None) == (abs(steps) <= 1 or shown in near)


@given(moments, st.integers(-1, 1), st.integers(-1, 1))
def test_what_was_taken_and_what_lies_before_it_is_not_taken_again(at: datetime, first: int, second: int) -> None:
    now = step_at(at)
    taken = find_step(SECRET, code_of_step(SECRET, now + first), at=at, after=None)
    again = find_step(SECRET, code_of_step(SECRET, now + second), at=at, after=taken)
    assert taken is not None
    assert again is None or again > taken
    if second > first and len({code_of_step(SECRET, now + step) for step in (-1, 0, 1)}) == 3:
        assert again == now + second


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{1}-{2}", "{1}\u00a0{2}"])
def test_a_code_is_taken_as_apps_show_it(typed: str) -> None:
    code = code_of_step(SECRET, step_at(NOON))
    assert find_step(SECRET, typed.format(code, code[:3], code[3:]), at=NOON, after=None) == step_at(NOON)


@given(st.text(max_size=20))
def test_other_texts_are_no_codes(text: str) -> None:
    near = {code_of_step(SECRET, step_at(NOON) + drift) for drift in (-1, 0, 1)}
    if "".join(sign for sign in text if sign.isdigit()) not in near:
        assert find_step(SECRET, text, at=NOON, after=None) is None


def test_digits_of_other_scripts_are_no_code() -> None:
    code = code_of_step(SECRET, step_at(NOON))
    assert find_step(SECRET, code.translate({48 + n: 0x0660 + n for n in range(10)}), at=NOON, after=None) is None


@given(st.text(min_size=1, max_size=60), st.emails())
def test_the_uri_says_whose_and_which(organization: str, email: str) -> None:
    uri = urlsplit(provisioning_uri(SECRET, organization=organization, email=email))
    asked = parse_qs(uri.query, keep_blank_values=True, strict_parsing=True)
    assert (uri.scheme, uri.netloc, asked["secret"]) == ("otpauth", "totp", [SECRET.get_secret_value()])
    assert asked["issuer"][0].startswith("geo-assign ")
    issuer, _, name = unquote(uri.path).removeprefix("/").partition(":")
    assert (issuer, name) == (asked["issuer"][0], email)


def test_every_secret_is_new_and_has_160_bits() -> None:
    made = [new_second_factor_secret().get_secret_value() for _ in range(20)]
    assert len(set(made)) == 20
    assert {len(pyotp.TOTP(one).byte_secret()) for one in made} == {20}


@pytest.mark.parametrize(
    "written", [str, str.upper, lambda c: c.replace("-", ""), lambda c: f" {c.replace('-', ' ')}\n"]
)
def test_recovery_codes_are_known_however_they_are_written(written: object) -> None:
    assert callable(written)
    codes = new_recovery_codes()
    kept = {hash_recovery_code(code, org_id=ORG, user_id=ANA) for code in codes}
    assert len(kept) == 10
    assert {hash_recovery_code(written(code), org_id=ORG, user_id=ANA) for code in codes} == kept
    assert kept.isdisjoint({hash_recovery_code(code, org_id=ORG, user_id=BO) for code in codes})
    assert not any(code.encode() in (one or b"") for one in kept for code in codes)


@pytest.mark.parametrize(
    "typed", ["", "123456", "aaaa-bbbb-cccc", "aaaa-bbbb-cccc-ddd1", "aaaa-bbbb-cccc-dddd-e", "ä" * 16]
)
def test_what_cannot_be_a_recovery_code_is_none(typed: str) -> None:
    assert hash_recovery_code(typed, org_id=ORG, user_id=ANA) is None


def test_a_step_is_half_a_minute() -> None:
    assert step_at(NOON + STEP) == step_at(NOON) + 1
