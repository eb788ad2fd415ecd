"""Logging in and out, and who holds a token at this moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from geo_assign.access import tasks
from geo_assign.access.commands import (
    create_api_key,
    create_organization,
    end_sessions,
    log_out,
    revoke_api_key,
    set_password,
    update_user,
)
from geo_assign.access.domain import (
    ActorKind,
    ApiScope,
    BadCredentialsError,
    LastAdministratorError,
    Permission,
    Role,
    TakenError,
    TokenKind,
    User,
    new_token,
    parse_token,
)
from geo_assign.access.queries import (
    find_user_by_email,
    list_unchanged_callers,
    list_users,
    opened_caller,
    opening_of,
)
from geo_assign.core.db import Database
from geo_assign.core.errors import InvalidError, NotFoundError, StaleError
from tests.access.conftest import PASSWORD, House
from tests.conftest import World


def test_a_session_says_who_calls(house: House) -> None:
    user = house.user("ana@example.com", Role.DISPATCHER, permissions=(Permission.REALLOCATE,))
    session = house.log_in("ANA@example.com", device="desk")
    caller = house.caller(session.token)
    assert caller is not None
    assert (caller.kind, caller.id, caller.role) == (ActorKind.USER, user.id, Role.DISPATCHER)
    assert caller.permissions == {"reallocate"}
    assert (caller.session_id, caller.device) == (session.id, "desk")
    assert not caller.scope.everything


def test_an_administrator_sees_everything(house: House) -> None:
    house.user("ana@example.com")
    caller = house.caller(house.log_in("ana@example.com").token)
    assert caller is not None
    assert caller.scope.everything


@pytest.mark.parametrize(
    "attempt",
    [
        {"email": "ana@example.com", "password": "wrong"},
        {"email": "bob@example.com"},
        {"email": "idle@example.com"},
    ],
)
def test_wrong_credentials_are_told_alike(house: House, attempt: dict[str, str]) -> None:
    house.user("ana@example.com")
    idle = house.user("idle@example.com", Role.DISPATCHER)
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, idle.id, changes={"active": False})
    with pytest.raises(BadCredentialsError):
        house.log_in(**attempt)


def test_an_unknown_organization_is_told_like_a_wrong_password(house: House) -> None:
    house.user("ana@example.com")
    with pytest.raises(BadCredentialsError):
        House(house.database, house.org_id, "no-such-house").log_in("ana@example.com")


def test_a_technician_names_the_device(house: House) -> None:
    house.user("tec@example.com", Role.TECHNICIAN)
    with pytest.raises(InvalidError) as refused:
        house.log_in("tec@example.com")
    assert refused.value.errors[0].pointer == "/device"
    caller = house.caller(house.log_in("tec@example.com", device="phone-1").token)
    assert caller is not None
    assert caller.kind is ActorKind.TECHNICIAN
    assert caller.technician_id is None  # a user alone is no technician yet


def test_a_cookie_lives_half_a_day_and_a_bearer_a_month(house: House) -> None:
    house.user("ana@example.com")
    cookie, bearer = house.log_in("ana@example.com", kind="cookie"), house.log_in("ana@example.com")
    assert abs(bearer.expires_at - cookie.expires_at - timedelta(days=30, hours=-12)) < timedelta(minutes=1)


def test_the_token_is_not_kept(house: House, admin: Connection) -> None:
    house.user("ana@example.com")
    session = house.log_in("ana@example.com")
    kept = admin.execute(text("SELECT token_hash FROM sessions")).scalar_one()
    assert kept == parse_token(session.token).hash
    assert kept not in session.token.encode()


def test_logging_out_ends_one_session(house: House) -> None:
    house.user("ana@example.com")
    first, second = house.log_in("ana@example.com"), house.log_in("ana@example.com")
    caller = house.caller(first.token)
    assert caller is not None
    with house.database.transaction(house.org_id) as tx:
        log_out(tx, caller)
    assert house.caller(first.token) is None
    assert house.caller(second.token) is not None


def test_an_expired_session_belongs_to_no_user(house: House, admin: Connection) -> None:
    house.user("ana@example.com")
    session = house.log_in("ana@example.com")
    admin.execute(text("UPDATE sessions SET expires_at = clock_timestamp()"))
    assert house.caller(session.token) is None


def test_deactivation_ends_sessions_at_once(house: House) -> None:
    house.user("root@example.com")
    user = house.user("ana@example.com")
    session = house.log_in("ana@example.com")
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, user.id, changes={"active": False})
    assert house.caller(session.token) is None
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, user.id, changes={"active": True})
    assert house.caller(session.token) is None


def test_a_role_that_changed_acts_at_the_next_request(house: House) -> None:
    house.user("root@example.com")
    user = house.user("ana@example.com")
    session = house.log_in("ana@example.com")
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, user.id, changes={"role": Role.DISPATCHER})
    caller = house.caller(session.token)
    assert caller is not None
    assert caller.role is Role.DISPATCHER
    assert not caller.scope.everything


def test_a_new_password_ends_sessions(house: House) -> None:
    user = house.user("ana@example.com")
    session = house.log_in("ana@example.com")
    with house.database.transaction(house.org_id) as tx:
        set_password(tx, house.system, user.id, password="another one")
    assert house.caller(session.token) is None
    with pytest.raises(BadCredentialsError):
        house.log_in("ana@example.com", PASSWORD)
    assert house.caller(house.log_in("ana@example.com", "another one").token) is not None


def test_an_old_hash_is_renewed_at_log_in(house: House, admin: Connection) -> None:
    house.user("ana@example.com")
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    admin.execute(text("UPDATE users SET password_hash = :old"), {"old": old})
    house.log_in("ana@example.com")
    assert admin.execute(text("SELECT password_hash FROM users")).scalar_one() != old
    house.log_in("ana@example.com")


def test_tokens_stay_inside_their_organization(house: House, database: Database) -> None:
    house.user("ana@example.com")
    session = house.log_in("ana@example.com")
    other = uuid4()
    token = parse_token(session.token)
    with database.transaction(other, *opening_of(token)) as tx:
        create_organization(tx, slug="other", name="Other")
        assert opened_caller(tx, token) is None
        assert find_user_by_email(tx, "ana@example.com") is None
    forged, _ = new_token(TokenKind.SESSION, other, secret=session.token.rpartition("_")[2])
    assert house.caller(forged) is None


def test_an_organizations_slug_is_unique(house: House, database: Database) -> None:
    with pytest.raises(TakenError), database.transaction(uuid4()) as tx:
        create_organization(tx, slug=house.slug, name="Twin")


def test_an_e_mail_address_has_one_user(house: House) -> None:
    house.user("ana@example.com")
    with pytest.raises(TakenError):
        house.user("Ana@Example.com")


def test_an_edit_of_an_old_version_is_refused_with_the_present_one(house: House) -> None:
    house.user("root@example.com")
    user = house.user("ana@example.com")
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, user.id, changes={"name": "Ana"}, version=1)
    with pytest.raises(StaleError) as stale, house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, user.id, changes={"name": "Anna"}, version=1)
    assert stale.value.facts["current"].name == "Ana"


def test_the_last_administrator_stays(house: House) -> None:
    user = house.user("ana@example.com")
    for changes in ({"active": False}, {"role": Role.DISPATCHER}):
        with pytest.raises(LastAdministratorError), house.database.transaction(house.org_id) as tx:
            update_user(tx, house.system, user.id, changes=changes)


@pytest.mark.races
def test_of_two_administrators_who_remove_each_other_one_stays(house: House) -> None:
    pair = [house.user("ana@example.com"), house.user("bo@example.com")]

    def remove(user: User) -> bool:
        try:
            with house.database.transaction(house.org_id) as tx:
                update_user(tx, house.system, user.id, changes={"active": False})
        except LastAdministratorError:
            return False
        return True

    def restore(user: User) -> None:
        with house.database.transaction(house.org_id) as tx:
            update_user(tx, house.system, user.id, changes={"active": True})

    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            assert sorted(pool.map(remove, pair)) == [False, True]
            for user in pair:
                restore(user)


def test_an_earlier_caller_is_looked_up_again(house: House) -> None:
    house.user("root@example.com")
    user = house.user("ana@example.com", Role.DISPATCHER)
    caller = house.caller(house.log_in("ana@example.com").token)
    assert caller is not None
    with house.database.transaction(house.org_id) as tx:
        key, token = create_api_key(tx, house.system, name="shop", scopes=[ApiScope.READ])
    machine = house.caller(token)
    assert machine is not None
    with house.database.transaction(house.org_id) as tx:
        assert list_unchanged_callers(tx, [caller, machine]) == {caller, machine}
        update_user(tx, house.system, user.id, changes={"permissions": (Permission.REALLOCATE,)})
        assert list_unchanged_callers(tx, [caller, machine]) == {machine}
        update_user(tx, house.system, user.id, changes={"permissions": ()})
        assert list_unchanged_callers(tx, [caller, machine]) == {caller, machine}
        log_out(tx, caller)
        assert list_unchanged_callers(tx, [caller, machine]) == {machine}
        revoke_api_key(tx, house.system, key.id)
        assert list_unchanged_callers(tx, [caller, machine]) == set()
        assert list_unchanged_callers(tx, []) == set()


def test_an_unknown_user_cannot_be_changed(house: House) -> None:
    with pytest.raises(NotFoundError), house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, uuid4(), changes={"name": "x"})


def test_users_come_in_pages(house: House) -> None:
    names = [f"u{number}" for number in range(5)]
    for name in names:
        house.user(f"{name}@example.com")
    with house.database.transaction(house.org_id) as tx:
        first = list_users(tx, limit=3)
        second = list_users(tx, limit=3, cursor=first.next_cursor)
    assert [user.name for user in (*first.items, *second.items)] == names
    assert second.next_cursor is None


def test_what_is_done_to_users_is_on_the_audit_trail(house: House, admin: Connection) -> None:
    user = house.user("ana@example.com")
    rows = admin.execute(text("SELECT action, actor_kind, subject_id FROM audit_entries")).all()
    assert rows == [("user.created", "system", user.id)]


def test_the_sweep_takes_expired_sessions_and_leaves_the_others(house: House, admin: Connection, world: World) -> None:
    house.user("ana@example.com")
    kept, expired = house.log_in("ana@example.com"), house.log_in("ana@example.com")
    admin.execute(text("UPDATE sessions SET expires_at = clock_timestamp() WHERE id = :id"), {"id": expired.id})
    worker = Database(world.worker_url)
    try:
        assert tasks.sweep_expired_sessions(worker) == 1
        assert tasks.sweep_expired_sessions(worker) == 0
        assert tasks.sweep_expired_idempotency_keys(worker) == 0
    finally:
        worker.close()
    assert house.caller(kept.token) is not None


def test_ending_sessions_counts_them(house: House) -> None:
    user = house.user("ana@example.com")
    house.log_in("ana@example.com")
    house.log_in("ana@example.com")
    with house.database.transaction(house.org_id) as tx:
        assert end_sessions(tx, user.id) == 2
        assert end_sessions(tx, user.id) == 0
