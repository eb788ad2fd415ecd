"""Reads of organizations and of how their users log in."""

from uuid import UUID

from sqlalchemy import Connection, func, literal, select

from geo_assign.access.domain import Organization, SecondFactorPolicy
from geo_assign.access.sign_on import SingleSignOn, SingleSignOnMissingError
from geo_assign.access.tables import organizations, single_sign_on
from geo_assign.core.db import Tx
from geo_assign.core.errors import NotFoundError
from geo_assign.core.languages import Language


def find_organization_id(conn: Connection, slug: str) -> UUID | None:
    """The organization with this slug: asked before a transaction can be bound to one."""
    return conn.execute(select(func.find_organization(literal(slug)))).scalar_one()  # type: ignore[no-any-return]


def has_organizations(conn: Connection) -> bool:
    """Whether there is any; asked before a transaction can be bound to one."""
    return bool(conn.execute(select(func.has_organizations())).scalar_one())


def list_organization_ids(conn: Connection) -> dict[str, UUID]:
    """Every organization's id by its slug, in the order of the slugs. As the worker: others see none."""
    o = organizations.c
    return {row.slug: row.org_id for row in conn.execute(select(o.slug, o.org_id).order_by(o.slug))}


def get_organization(tx: Tx) -> Organization:
    """The transaction's own organization. Raises NotFoundError."""
    row = tx.conn.execute(select(organizations).where(organizations.c.org_id == tx.org_id)).first()
    if row is None:
        raise NotFoundError
    return Organization(id=row.org_id, slug=row.slug, name=row.name, language=Language(row.language))


def find_single_sign_on(tx: Tx) -> SingleSignOn | None:
    """The single sign-on of the transaction's own organization."""
    s = single_sign_on.c
    columns = (s[name] for name in SingleSignOn.__dataclass_fields__)
    row = tx.conn.execute(select(*columns).where(s.org_id == tx.org_id)).mappings().first()
    return None if row is None else SingleSignOn(**{**row, "email_domains": tuple(row["email_domains"])})


def get_single_sign_on(tx: Tx) -> SingleSignOn:
    """Raises SingleSignOnMissingError."""
    found = find_single_sign_on(tx)
    if found is None:
        raise SingleSignOnMissingError
    return found


def get_second_factor_policy(tx: Tx) -> SecondFactorPolicy:
    """Of whom the transaction's own organization demands a second factor."""
    o = organizations.c
    return SecondFactorPolicy(tx.conn.execute(select(o.second_factor_policy).where(o.org_id == tx.org_id)).scalar_one())
