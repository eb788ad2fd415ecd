"""Reads of users and their second factors."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select, tuple_

from geo_assign.access.domain import Role, SecondFactor, User, is_demanded
from geo_assign.access.queries.organizations import get_organization, get_second_factor_policy
from geo_assign.access.sign_on import Identity
from geo_assign.access.tables import identities, recovery_codes, second_factors, users
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.languages import Language
from geo_assign.core.paging import DEFAULT_LIMIT, Page, decode, page
from geo_assign.core.rows import ResultRow


def get_user(tx: Tx, user_id: UUID) -> User:
    """Raises NotFoundError."""
    row = tx.conn.execute(select(users).where(users.c.org_id == tx.org_id, users.c.id == user_id)).first()
    if row is None:
        raise NotFoundError
    return to_user(row)


def get_language(tx: Tx, user_id: UUID | None) -> Language:
    """The language in which to write to a user: the one chosen, else the organization's. Raises NotFoundError."""
    chosen = None if user_id is None else get_user(tx, user_id).language
    return chosen or get_organization(tx).language


def find_user_by_email(tx: Tx, email: str) -> User | None:
    """Upper and lower case are the same in an e-mail address."""
    row = tx.conn.execute(
        select(users).where(users.c.org_id == tx.org_id, func.lower(users.c.email) == email.lower())
    ).first()
    return None if row is None else to_user(row)


def find_password_hash(tx: Tx, user_id: UUID) -> str | None:
    """What is kept of a user's password; None when none was ever set."""
    statement = select(users.c.password_hash).where(users.c.org_id == tx.org_id, users.c.id == user_id)
    return tx.conn.execute(statement).scalar_one()  # type: ignore[no-any-return]


def find_identity(tx: Tx, *, issuer: str, subject: str) -> Identity | None:
    """Whom an identity provider means by this subject, if that person was let in before."""
    i = identities.c
    of_person = (i.org_id == tx.org_id, i.issuer == issuer, i.subject == subject)
    user_id = tx.conn.execute(select(i.user_id).where(*of_person)).scalar_one_or_none()
    return None if user_id is None else Identity(issuer, subject, user_id)


def get_second_factor(tx: Tx, user: User) -> SecondFactor:
    """What there is of a user's second factor. One that was never confirmed is none."""
    f, r = second_factors.c, recovery_codes.c
    confirmed_at = tx.conn.execute(
        select(f.confirmed_at).where(f.org_id == tx.org_id, f.user_id == user.id)
    ).scalar_one_or_none()
    left = tx.conn.execute(
        select(func.count()).where(r.org_id == tx.org_id, r.user_id == user.id, r.used_at.is_(None))
    ).scalar_one()
    return SecondFactor(confirmed_at, left, required=is_demanded(get_second_factor_policy(tx), user.role))


def list_second_factor_holders(tx: Tx, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these users who have switched a second factor on."""
    f = second_factors.c
    statement = select(f.user_id).where(f.org_id == tx.org_id, f.user_id.in_(user_ids), f.confirmed_at.is_not(None))
    return set(tx.conn.execute(statement).scalars())


def list_users(tx: Tx, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[User]:
    """All users, by name."""
    statement = select(users).where(users.c.org_id == tx.org_id).order_by(users.c.name, users.c.id).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(after(users.c.name, users.c.id, decode(cursor, str, UUID)))
    rows = tx.conn.execute(statement).all()
    return page([to_user(row) for row in rows], limit, lambda user: (user.name, user.id))


def after(name: ColumnElement[str], row_id: ColumnElement[UUID], last: Sequence[object]) -> ColumnElement[bool]:
    """The rows behind the `last` one of a page that is ordered by name and id."""
    return tuple_(name, row_id) > tuple_(*(literal(value) for value in last))


def to_user(row: ResultRow) -> User:
    """A user from a row of the table."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        permissions=tuple(sorted(row.permissions)),
        active=row.active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        language=None if row.language is None else Language(row.language),
    )


def name_of_user(tx: Tx, user_id: ColumnElement[UUID]) -> ScalarSelect[str]:
    """The name of the user of a row, in a statement about rows of users."""
    u = users.c
    return select(u.name).where(u.org_id == tx.org_id, u.id == user_id).scalar_subquery()
