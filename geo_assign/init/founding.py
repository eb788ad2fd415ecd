"""The first day of a company: its organization, store and administrator, all or nothing.

No password is chosen here: people choose their own with a link that works once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from geo_assign.access.commands import NewUser, create_api_key, create_organization, create_user
from geo_assign.access.commands.one_time_links import create_link
from geo_assign.access.domain import ApiScope, Caller, Role, User, system_caller
from geo_assign.access.links import LinkPurpose, MintedLink
from geo_assign.access.queries import get_user
from geo_assign.core.db import Database, Tx
from geo_assign.core.geo import Point
from geo_assign.core.ids import new_id
from geo_assign.core.secrets import SecretBox
from geo_assign.geocoding.commands.map_keys import NewMapKey, store_map_key
from geo_assign.geocoding.domain import GeocodeProblem, KeyOwner, OwnerKind
from geo_assign.geocoding.folding import fold
from geo_assign.workforce import commands
from geo_assign.workforce.domain import Store

LEAD_KEY = "lead form"
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")
_LONGEST_SLUG = 63


@dataclass(frozen=True)
class Invitee:
    """Who is invited."""

    name: str
    email: str


@dataclass(frozen=True)
class NewCompany:
    """A company to set up. A technician and a map key may follow later."""

    slug: str
    name: str
    store_slug: str
    store_name: str
    timezone: str
    location: Point
    administrator: Invitee
    technician: Invitee | None = None
    map_key: NewMapKey | None = None


@dataclass(frozen=True)
class Invited:
    """A user and the link with which a password is chosen."""

    user: User
    minted: MintedLink


@dataclass(frozen=True)
class Company:
    """What was set up. `lead_key` is an API key that creates leads; it is known only now."""

    slug: str
    name: str
    store: Store
    administrator: Invited
    technician: Invited | None
    lead_key: str


def slug_of(name: str) -> str:
    """Small letters, digits and hyphens that read like `name`; empty for a name in another script."""
    plain = fold(name).encode("ascii", "ignore").decode()
    return _NOT_IN_SLUGS.sub("-", plain).strip("-")[:_LONGEST_SLUG].rstrip("-")


def found_company(
    database: Database,
    new: NewCompany,
    *,
    box: SecretBox,
    test_map_key: Callable[[NewMapKey], GeocodeProblem | None],
) -> Company:
    """Set a company up in one transaction, after its map key was tried.

    Raises TakenError when there is an organization of this slug, MapKeyRefusedError, UnknownTimezoneError.
    """
    tested = None if new.map_key is None else test_map_key(new.map_key)
    with database.transaction(new_id()) as tx:
        caller = system_caller(tx.org_id)
        create_organization(tx, slug=new.slug, name=new.name)
        store = commands.create_store(
            tx,
            caller,
            commands.NewStore(slug=new.store_slug, name=new.store_name, timezone=new.timezone, location=new.location),
        )
        if new.map_key is not None:
            store_map_key(tx, caller, box, KeyOwner(OwnerKind.STORE, store.id), new=new.map_key, tested=tested)
        return Company(
            slug=new.slug,
            name=new.name,
            store=store,
            administrator=_invite_administrator(tx, caller, new.administrator),
            technician=None if new.technician is None else _invite_technician(tx, caller, store, new.technician),
            lead_key=_make_lead_key(tx, caller, store),
        )


def _invite_administrator(tx: Tx, caller: Caller, person: Invitee) -> Invited:
    user = create_user(tx, caller, NewUser(email=person.email, name=person.name, role=Role.ADMINISTRATOR))
    return Invited(user, create_link(tx, caller, user.id, LinkPurpose.INVITATION))


def _invite_technician(tx: Tx, caller: Caller, store: Store, person: Invitee) -> Invited:
    new = commands.NewTechnician(slug=None, name=person.name, store_id=store.id, email=person.email)
    technician = commands.create_technician(tx, caller, new)
    assert technician.user_id is not None
    user = get_user(tx, technician.user_id)
    return Invited(user, create_link(tx, caller, user.id, LinkPurpose.INVITATION))


def _make_lead_key(tx: Tx, caller: Caller, store: Store) -> str:
    key, token = create_api_key(tx, caller, name=LEAD_KEY, scopes=(ApiScope.READ, ApiScope.LEADS_WRITE))
    commands.set_key_stores(tx, key.id, (store.id,))
    return token
