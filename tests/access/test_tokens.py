"""A token says which organization and which kind it is; only its hash is kept."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_assign.access.domain import SECRET, TokenKind, new_token, parse_token, token_prefix
from geo_assign.core.errors import UnauthenticatedError

kinds = st.sampled_from(TokenKind)


@given(kind=kinds, org_id=st.uuids())
def test_a_new_token_reads_back_as_itself(kind: TokenKind, org_id: UUID) -> None:
    text, kept = new_token(kind, org_id)
    token = parse_token(text)
    assert (token.kind, token.org_id, token.hash) == (kind, org_id, kept)
    assert text.startswith(token_prefix(kind, org_id))
    assert len(text.removeprefix(token_prefix(kind, org_id))) == 43


@given(kind=kinds, org_id=st.uuids(), secret=st.from_regex(SECRET, fullmatch=True))
def test_a_chosen_secret_reads_back_too(kind: TokenKind, org_id: UUID, secret: str) -> None:
    text, kept = new_token(kind, org_id, secret=secret)
    assert parse_token(text).hash == kept
    assert parse_token(text).org_id == org_id


@given(org_id=st.uuids(), other=st.uuids())
def test_the_hash_covers_kind_and_organization(org_id: UUID, other: UUID) -> None:
    texts = {new_token(kind, org, secret="a-secret-of-some-length")[0] for kind in TokenKind for org in (org_id, other)}
    assert len({parse_token(text).hash for text in texts}) == len(texts)


def test_two_tokens_differ() -> None:
    assert new_token(TokenKind.SESSION, UUID(int=1)) != new_token(TokenKind.SESSION, UUID(int=1))


@given(st.text(max_size=120))
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        parse_token(text)


@pytest.mark.parametrize(
    "text",
    ["", "gas_", "gax_AAAAAAAAAAAAAAAAAAAAAA_secret", "gas_AAAA_secret", "gas_AAAAAAAAAAAAAAAAAAAAAA_", "Bearer gas_x"],
)
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        parse_token(text)
