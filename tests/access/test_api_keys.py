"""API keys: what they may be made for, until when they hold, and how their token is replaced without a gap."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access.commands import (
    create_api_key,
    note_use,
    renew_api_key,
    revoke_api_key,
    rotate_api_key,
    update_api_key,
)
from geo_assign.access.domain import (
    SECRET_SCOPES,
    ActorKind,
    ApiKey,
    ApiScope,
    KeyEndedError,
    KeyRevokedError,
    Role,
    TakenError,
)
from geo_assign.access.key_terms import USUAL_LEADS_PER_DAY, KeyTerms, normalized_origin, require_terms
from geo_assign.access.queries import get_api_key, list_api_keys
from geo_assign.core.errors import InvalidError, NotFoundError, StaleError
from tests.access.conftest import House

STORE = UUID(int=7)
SHOP = "https://shop.example"


def made(house: House, *, scopes: Sequence[ApiScope] = (ApiScope.READ,), **values: Any) -> tuple[ApiKey, str]:
    with house.database.transaction(house.org_id) as tx:
        return create_api_key(tx, house.system, name=uuid4().hex, scopes=scopes, **values)


def published(house: House, **terms: Any) -> tuple[ApiKey, str]:
    return made(house, scopes=[ApiScope.WIDGET], terms=KeyTerms(web_origins=(SHOP,), **terms), store_ids=[STORE])


def age(admin: Connection, key: ApiKey, column: str) -> None:
    """Move an instant of the key into the past."""
    admin.execute(text(f"UPDATE api_keys SET {column} = now() - interval '1 second' WHERE id = :id"), {"id": key.id})


def ended(house: House, token: str) -> str:
    with pytest.raises(KeyEndedError) as refused:
        house.caller(token)
    return str(refused.value.facts["ended"])


def test_a_key_works_until_it_is_revoked(house: House) -> None:
    key, token = made(house)
    caller = house.caller(token)
    assert caller is not None
    assert (caller.kind, caller.role, caller.api_scopes) == (ActorKind.API_KEY, None, {"read"})
    assert caller.scope.everything
    assert token.startswith("gak_")
    assert token.endswith(key.hint)
    with house.database.transaction(house.org_id) as tx:
        assert revoke_api_key(tx, house.system, key.id).revoked_at is not None
        assert [shown.id for shown in list_api_keys(tx).items] == [key.id]
    assert ended(house, token) == "revoked"


def test_a_key_works_until_it_expires(house: House, admin: Connection) -> None:
    with house.database.transaction(house.org_id) as tx:
        later = tx.now() + timedelta(hours=1)
    key, token = made(house, terms=KeyTerms(expires_at=later))
    assert house.caller(token) is not None
    age(admin, key, "expires_at")
    assert ended(house, token) == "expired"


def test_only_the_tokens_holder_is_told_how_a_key_ended(house: House) -> None:
    key, token = made(house)
    with house.database.transaction(house.org_id) as tx:
        revoke_api_key(tx, house.system, key.id)
    assert ended(house, token) == "revoked"
    assert house.caller(f"{token[:-4]}AAAA") is None


def test_a_key_cannot_be_made_that_has_expired(house: House) -> None:
    with house.database.transaction(house.org_id) as tx:
        now = tx.now()
    with pytest.raises(InvalidError) as refused:
        made(house, terms=KeyTerms(expires_at=now - timedelta(seconds=1)))
    assert refused.value.errors[0].pointer == "/expires_at"


def test_a_keys_name_is_unique(house: House) -> None:
    key, _ = made(house)
    with pytest.raises(TakenError), house.database.transaction(house.org_id) as tx:
        create_api_key(tx, house.system, name=key.name, scopes=[ApiScope.READ])
    other, _ = made(house)
    with pytest.raises(TakenError), house.database.transaction(house.org_id) as tx:
        update_api_key(tx, house.system, other.id, changes={"name": key.name}, store_ids=())


def test_a_key_says_who_made_it(house: House) -> None:
    house.user("root@example.com")
    root = house.caller(house.log_in("root@example.com").token)
    assert root is not None
    with house.database.transaction(house.org_id) as tx:
        assert create_api_key(tx, root, name="by root", scopes=[ApiScope.READ])[0].created_by == "root"
    assert made(house)[0].created_by is None


@pytest.mark.parametrize("scope", SECRET_SCOPES)
def test_each_scope_alone_and_with_the_others(house: House, scope: ApiScope) -> None:
    for scopes in ([scope], list(SECRET_SCOPES)):
        key, token = made(house, scopes=scopes)
        caller = house.caller(token)
        assert caller is not None
        assert caller.api_scopes == set(scopes) == set(key.scopes)
        assert not key.is_publishable


# A publishable key ----------------------------------------------------------------------------------------------------


def test_a_publishable_key_is_known_by_its_token(house: House) -> None:
    key, token = published(house)
    caller = house.caller(token)
    assert caller is not None
    assert token.startswith("gpk_")
    assert (key.is_publishable, caller.is_publishable, caller.web_origins) == (True, True, {SHOP})
    assert key.leads_per_day == USUAL_LEADS_PER_DAY
    assert published(house, leads_per_day=3)[0].leads_per_day == 3


@pytest.mark.parametrize("other", SECRET_SCOPES)
def test_a_publishable_key_has_no_other_scope(house: House, other: ApiScope) -> None:
    with pytest.raises(InvalidError) as refused:
        made(house, scopes=[ApiScope.WIDGET, other], terms=KeyTerms(web_origins=(SHOP,)), store_ids=[STORE])
    assert refused.value.errors[0].pointer == "/scopes"


@pytest.mark.parametrize(
    ("scopes", "terms", "store_ids", "pointer"),
    [
        (["widget"], KeyTerms(web_origins=(SHOP,)), [], "/store_ids"),
        (["widget"], KeyTerms(), [STORE], "/web_origins"),
        (["read"], KeyTerms(web_origins=(SHOP,)), [], "/web_origins"),
        (["read"], KeyTerms(leads_per_day=3), [], "/leads_per_day"),
    ],
)
def test_terms_that_do_not_go_together(scopes: list[str], terms: KeyTerms, store_ids: list[UUID], pointer: str) -> None:
    with pytest.raises(InvalidError) as refused:
        require_terms(scopes, terms, store_ids=store_ids)
    assert refused.value.errors[0].pointer == pointer


def test_a_key_stays_what_it_is(house: House) -> None:
    key, _ = published(house)
    secret, _ = made(house)
    for one, scopes in ((key, ("read",)), (secret, ("widget",))):
        with pytest.raises(InvalidError) as refused, house.database.transaction(house.org_id) as tx:
            update_api_key(tx, house.system, one.id, changes={"scopes": scopes}, store_ids=[STORE])
        assert refused.value.errors[0].pointer == "/scopes"


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(written: str, origin: str) -> None:
    assert normalized_origin(written) == origin
    assert normalized_origin(origin) == origin


@pytest.mark.parametrize(
    "written",
    [
        "shop.example",
        "*",
        "https://*.shop.example",
        "https://",
        "null",
        "https://shop.example/booking",
        "https://shop.example/?a=1",
        "https://shop.example#top",
        "https://shop.example?",
        "https://user@shop.example",
        "ftp://shop.example",
        "javascript:alert(1)",
        "https://shop.example:notaport",
        "https://shop.example:70000",
        "https://a b.example",
        "https://..",
        "",
    ],
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the words
        normalized_origin(written)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_origin_or_refused(written: str) -> None:
    try:
        origin = normalized_origin(written)
    except ValueError:
        return
    assert normalized_origin(origin) == origin


# Changes --------------------------------------------------------------------------------------------------------------


def test_changes_keep_the_token(house: House) -> None:
    key, token = made(house)
    with house.database.transaction(house.org_id) as tx:
        changes = {"name": "Till", "scopes": ("leads:write",)}
        changed = update_api_key(tx, house.system, key.id, changes=changes, store_ids=(), version=1)
    assert (changed.name, changed.scopes, changed.version) == ("Till", ("leads:write",), 2)
    caller = house.caller(token)
    assert caller is not None
    assert (caller.name, caller.api_scopes) == ("Till", {"leads:write"})


def test_an_edit_of_an_old_version_is_refused(house: House) -> None:
    key, _ = made(house)
    with house.database.transaction(house.org_id) as tx:
        update_api_key(tx, house.system, key.id, changes={"name": "Till"}, store_ids=(), version=1)
    with pytest.raises(StaleError), house.database.transaction(house.org_id) as tx:
        update_api_key(tx, house.system, key.id, changes={"name": "Desk"}, store_ids=(), version=1)


def test_what_is_revoked_stays_so(house: House) -> None:
    key, token = made(house)
    with house.database.transaction(house.org_id) as tx:
        revoke_api_key(tx, house.system, key.id)
        with pytest.raises(KeyRevokedError):
            update_api_key(tx, house.system, key.id, changes={"name": "Till"}, store_ids=())
        with pytest.raises(KeyRevokedError):
            rotate_api_key(tx, house.system, key.id, overlap=timedelta(hours=1))
        renew_api_key(tx, house.system, key.id, changes={"name": "Till"}, store_ids=())
    assert ended(house, token) == "revoked"


def test_unknown_keys(house: House) -> None:
    with house.database.transaction(house.org_id) as tx:
        for act in (get_api_key, lambda tx, one: rotate_api_key(tx, house.system, one, overlap=timedelta(0))):
            with pytest.raises(NotFoundError):
                act(tx, uuid4())


# A new token ----------------------------------------------------------------------------------------------------------


def rotated(house: House, key: ApiKey, *, overlap: timedelta = timedelta(hours=1)) -> tuple[ApiKey, str]:
    with house.database.transaction(house.org_id) as tx:
        return rotate_api_key(tx, house.system, key.id, overlap=overlap)


@pytest.mark.parametrize("make", [made, published])
def test_both_tokens_work_while_they_overlap(house: House, admin: Connection, make: Any) -> None:
    key, old = make(house)
    after, new = rotated(house, key)
    assert new != old
    assert new[:4] == old[:4]
    assert new.endswith(after.hint)
    assert after.previous_token_until is not None
    before, now = house.caller(old), house.caller(new)
    assert before is not None
    assert before == now
    age(admin, key, "previous_token_until")
    assert ended(house, old) == "replaced"
    assert house.caller(new) == now


def test_without_an_overlap_the_old_token_ends_at_once(house: House) -> None:
    key, old = made(house)
    _, new = rotated(house, key, overlap=timedelta(0))
    assert ended(house, old) == "replaced"
    assert house.caller(new) is not None


def test_a_second_rotation_ends_the_first_token(house: House) -> None:
    key, first = made(house)
    _, second = rotated(house, key)
    _, third = rotated(house, key)
    assert house.caller(first) is None
    assert house.caller(second) == house.caller(third) is not None


def test_a_revoked_key_ends_with_both_tokens(house: House) -> None:
    key, old = made(house)
    _, new = rotated(house, key)
    with house.database.transaction(house.org_id) as tx:
        revoke_api_key(tx, house.system, key.id)
    assert {ended(house, old), ended(house, new)} == {"revoked"}


def test_a_use_is_written_once_a_minute(house: House) -> None:
    key, _ = made(house)
    for _ in range(3):
        with house.database.transaction(house.org_id) as tx:
            note_use(tx, key.id)
    with house.database.transaction(house.org_id) as tx:
        used = get_api_key(tx, key.id)
    assert used.last_used_at is not None
    assert used.version == key.version


def test_a_role_is_no_scope(house: House) -> None:
    house.user("root@example.com", Role.ADMINISTRATOR)
    root = house.caller(house.log_in("root@example.com").token)
    assert root is not None
    assert not root.is_publishable
