"""One-time links: one user, one purpose, one use, and a reason for each end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geo_assign.access import tasks
from geo_assign.access.commands import (
    NewUser,
    PasswordChoice,
    create_link,
    create_user,
    end_links,
    look_at_link,
    set_password,
    update_user,
    use_link,
)
from geo_assign.access.commands.one_time_links import UserInactiveError
from geo_assign.access.domain import (
    AuditFilter,
    BadCredentialsError,
    Caller,
    Role,
    TokenKind,
    User,
    new_token,
    parse_token,
    token_prefix,
)
from geo_assign.access.links import (
    LIFETIMES,
    LINKS_KEPT_FOR,
    EndedBecause,
    LinkEndedError,
    LinkExpiredError,
    LinkNotFoundError,
    LinkPurpose,
    LinkReplacedError,
    LinkUsedError,
    MintedLink,
    OneTimeLink,
    link_url,
    parse_link_token,
)
from geo_assign.access.queries import list_audit_entries, opening_of
from geo_assign.core.db import Database, Tx
from geo_assign.core.errors import InvalidError, NotFoundError, UnauthenticatedError
from tests.access.conftest import PASSWORD, House
from tests.conftest import World

CHOSEN = "five quiet herons"
EMAIL = "rita@example.test"
RESET, INVITATION = LinkPurpose.PASSWORD_RESET, LinkPurpose.INVITATION


@pytest.fixture
def rita(house: House) -> User:
    """A user without a password, as an invitation makes one."""
    with house.database.transaction(house.org_id) as tx:
        return create_user(tx, house.system, NewUser(email=EMAIL, name="Rita", role=Role.DISPATCHER))


def minted(house: House, user: User, purpose: LinkPurpose = INVITATION) -> MintedLink:
    with house.database.transaction(house.org_id) as tx:
        return create_link(tx, house.system, user.id, purpose)


def used(
    house: House,
    link: MintedLink,
    purpose: LinkPurpose = INVITATION,
    *,
    password: str = CHOSEN,
    name: str | None = None,
) -> User:
    choice = PasswordChoice(token=link.token, password=password, name=name)
    return use_link(house.database, purpose, choice, then=_whose)


def _whose(_tx: Tx, user: User, _caller: Caller) -> User:
    return user


def seen(house: House, token: str) -> OneTimeLink:
    parsed = parse_link_token(token)
    with house.database.transaction(parsed.org_id) as tx:
        return look_at_link(tx, parsed)[0]


def test_a_link_lets_its_user_choose_a_password_and_a_name(house: House, rita: User) -> None:
    user = used(house, minted(house, rita), name="Rita Lark")
    assert (user.id, user.name, user.version) == (rita.id, "Rita Lark", rita.version + 1)
    assert house.log_in(EMAIL, CHOSEN).user.id == rita.id


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_works_as_long_as_its_purpose_says(house: House, rita: User, purpose: LinkPurpose) -> None:
    link = minted(house, rita, purpose).link
    assert link.expires_at - link.created_at == LIFETIMES[purpose]


def test_a_reset_leaves_the_name_and_ends_every_session(house: House) -> None:
    user = house.user(EMAIL)
    session = house.log_in(EMAIL)
    used(house, minted(house, user, RESET), RESET, name="Another")
    assert house.caller(session.token) is None
    assert house.log_in(EMAIL, CHOSEN).user.name == user.name
    with pytest.raises(BadCredentialsError):
        house.log_in(EMAIL, PASSWORD)


def test_a_link_works_once(house: House, rita: User) -> None:
    link = minted(house, rita)
    used(house, link)
    for again in (lambda: used(house, link), lambda: seen(house, link.token)):
        with pytest.raises(LinkUsedError) as refusal:
            again()
        assert refusal.value.facts["used_at"] >= link.link.created_at


def test_of_many_who_use_a_link_at_once_one_does(house: House, rita: User) -> None:
    link = minted(house, rita)
    passwords = [f"{CHOSEN} {number}" for number in range(8)]

    def attempt(password: str) -> str | None:
        try:
            used(house, link, password=password)
        except LinkUsedError:
            return None
        return password

    with ThreadPoolExecutor(len(passwords)) as pool:
        (won,) = [password for password in pool.map(attempt, passwords) if password]
    assert house.log_in(EMAIL, won).user.id == rita.id


def test_a_newer_link_replaces_the_older_of_the_same_purpose(house: House) -> None:
    user = house.user(EMAIL)
    first, other, second = minted(house, user), minted(house, user, RESET), minted(house, user)
    with pytest.raises(LinkReplacedError):
        used(house, first)
    assert seen(house, other.token).purpose is RESET
    assert seen(house, second.token).purpose is INVITATION


def test_an_expired_link_says_since_when(house: House, rita: User, admin: Connection) -> None:
    link = minted(house, rita)
    admin.execute(text("UPDATE one_time_links SET expires_at = now() - interval '1 second'"))
    with pytest.raises(LinkExpiredError) as refusal:
        used(house, link)
    assert refusal.value.facts["expired_at"] < link.link.expires_at
    with pytest.raises(LinkExpiredError):
        seen(house, link.token)


Change = Callable[[Tx, Caller, User], object]
CHANGES: dict[str, Change] = {
    "deactivated": lambda tx, by, user: update_user(tx, by, user.id, changes={"active": False}),
    "another address": lambda tx, by, user: update_user(tx, by, user.id, changes={"email": "lark@example.test"}),
    "password set": lambda tx, by, user: set_password(tx, by, user.id, password="seven red kites"),
    "revoked": lambda tx, by, user: end_links(tx, user.id, EndedBecause.REVOKED),  # noqa: ARG005
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("purpose", LinkPurpose)
def test_what_changes_the_account_ends_its_links(
    house: House, rita: User, purpose: LinkPurpose, change: Change
) -> None:
    link = minted(house, rita, purpose)
    with house.database.transaction(house.org_id) as tx:
        change(tx, house.system, rita)
    for again in (lambda: used(house, link, purpose), lambda: seen(house, link.token)):
        with pytest.raises(LinkEndedError):
            again()


@pytest.mark.parametrize("changes", [{"name": "Rita Lark"}, {"email": "RITA@example.test"}, {"role": "administrator"}])
def test_other_changes_leave_links_alone(house: House, rita: User, changes: dict[str, str]) -> None:
    link = minted(house, rita)
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, rita.id, changes=changes)
    assert used(house, link).id == rita.id


def test_a_user_who_was_activated_again_needs_a_new_link(house: House, rita: User) -> None:
    link = minted(house, rita)
    for active in (False, True):
        with house.database.transaction(house.org_id) as tx:
            update_user(tx, house.system, rita.id, changes={"active": active})
    with pytest.raises(LinkEndedError):
        used(house, link)


def test_a_deactivated_user_is_given_no_link(house: House, rita: User) -> None:
    with house.database.transaction(house.org_id) as tx:
        update_user(tx, house.system, rita.id, changes={"active": False})
    with pytest.raises(UserInactiveError):
        minted(house, rita)


def test_an_unknown_user_is_given_no_link(house: House) -> None:
    with pytest.raises(NotFoundError), house.database.transaction(house.org_id) as tx:
        create_link(tx, house.system, uuid4(), RESET)


def test_using_one_link_ends_the_others_of_the_user(house: House, rita: User) -> None:
    reset, invitation = minted(house, rita, RESET), minted(house, rita)
    used(house, invitation)
    with pytest.raises(LinkEndedError):
        used(house, reset, RESET)


@pytest.mark.parametrize("password", ["12345678", "password", "rita@example.test", "        ", "Rita2026"])
def test_a_weak_password_is_refused_and_the_link_still_works(house: House, rita: User, password: str) -> None:
    link = minted(house, rita)
    with pytest.raises(InvalidError) as refusal:
        used(house, link, password=password)
    assert [(problem.pointer, problem.code) for problem in refusal.value.errors] == [("/password", "weak_password")]
    assert used(house, link).id == rita.id


def test_the_chosen_name_is_no_password_either(house: House, rita: User) -> None:
    link = minted(house, rita)
    with pytest.raises(InvalidError):
        used(house, link, password="Waxwing Partridge", name="Waxwing Partridge")


def test_a_link_is_for_its_purpose_alone(house: House, rita: User) -> None:
    link = minted(house, rita, RESET)
    with pytest.raises(LinkNotFoundError):
        used(house, link, INVITATION)
    assert used(house, link, RESET).id == rita.id


@given(text=st.one_of(st.text(max_size=120), st.from_regex(r"ga[lsk]_[A-Za-z0-9_-]{22}_[a-z]{5,40}", fullmatch=True)))
def test_what_is_no_link_of_ours_is_not_found(text: str) -> None:
    try:
        token = parse_link_token(text)
    except LinkNotFoundError:
        return
    assert token.kind is TokenKind.ONE_TIME_LINK


@pytest.mark.parametrize("kind", [TokenKind.SESSION, TokenKind.API_KEY])
def test_another_token_is_no_link(kind: TokenKind) -> None:
    with pytest.raises(LinkNotFoundError):
        parse_link_token(new_token(kind, uuid4())[0])


def test_an_unknown_link_and_one_of_no_organization_are_not_found(house: House) -> None:
    for org_id in (house.org_id, uuid4()):
        with pytest.raises(LinkNotFoundError):
            seen(house, new_token(TokenKind.ONE_TIME_LINK, org_id)[0])


def test_blanks_around_a_copied_token_do_no_harm(house: House, rita: User) -> None:
    link = minted(house, rita)
    assert seen(house, f" {link.token}\n") == link.link


def test_a_link_authenticates_no_call(house: House, rita: User) -> None:
    with pytest.raises(UnauthenticatedError):
        opening_of(parse_token(minted(house, rita).token))


def test_no_secret_is_kept_or_shown(house: House, rita: User, admin: Connection) -> None:
    link = minted(house, rita)
    secret = link.token.rpartition("_")[2]
    choice = PasswordChoice(token=link.token, password=CHOSEN)
    rows = admin.execute(text("SELECT l::text FROM one_time_links l UNION ALL SELECT a::text FROM audit_entries a"))
    for told in (repr(link), repr(choice), *rows.scalars()):
        assert secret not in told
        assert CHOSEN not in told


def test_what_is_done_is_in_the_audit_trail(house: House, rita: User) -> None:
    used(house, minted(house, rita))
    with house.database.transaction(house.org_id) as tx:
        entries = list_audit_entries(tx, AuditFilter(subject_id=rita.id)).items
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("invitation.accepted", rita.id),
        ("invitation.created", house.org_id),
        ("user.created", house.org_id),
    ]


def test_a_link_is_opened_in_the_console_with_its_token_behind_the_hash() -> None:
    assert (
        link_url("https://desk.example.test", "gal_x_y") == "https://desk.example.test/console/choose-password#gal_x_y"
    )


def test_links_are_forgotten_a_while_after_they_expired(
    house: House, rita: User, admin: Connection, world: World
) -> None:
    old, young = minted(house, rita, RESET), minted(house, rita)
    for link, age in ((old, LINKS_KEPT_FOR + timedelta(minutes=1)), (young, LINKS_KEPT_FOR - timedelta(minutes=1))):
        admin.execute(
            text("UPDATE one_time_links SET expires_at = now() - :age WHERE id = :id"), {"age": age, "id": link.link.id}
        )
    worker = Database(world.worker_url, pool_size=1)
    try:
        assert tasks.sweep_expired_links(worker) == 1
    finally:
        worker.close()
    with pytest.raises(LinkNotFoundError):
        seen(house, old.token)
    with pytest.raises(LinkExpiredError):
        seen(house, young.token)


def test_a_link_of_one_organization_is_none_of_another(house: House, rita: User) -> None:
    link = minted(house, rita)
    secret = link.token.removeprefix(token_prefix(TokenKind.ONE_TIME_LINK, house.org_id))
    foreign = token_prefix(TokenKind.ONE_TIME_LINK, UUID(int=1)) + secret
    with pytest.raises(LinkNotFoundError):
        seen(house, foreign)
