"""`geo-assign users`: the accounts of an organization, for the operator whom no log-in helps."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import click

from geo_assign.access import queries
from geo_assign.access.commands import (
    LinkDelivery,
    delete_second_factor,
    log_user_out,
    reset_password,
    update_user,
)
from geo_assign.access.domain import Caller, Role, User, system_caller
from geo_assign.core.db import Database, Tx
from geo_assign.core.paging import MAX_LIMIT
from geo_assign.core.settings import Settings
from geo_assign.workforce.commands import InvitedUser, invite

T = TypeVar("T")


@dataclass(frozen=True)
class Accounts:
    """One organization, as the service itself. Links are printed and never sent."""

    database: Database
    org_id: UUID
    delivery: LinkDelivery

    @property
    def caller(self) -> Caller:
        return system_caller(self.org_id)

    def of_user(self, email: str, act: Callable[[Tx, User], T]) -> T:
        """Do something with the user of this address, in a transaction. Raises ClickException for an unknown one."""

        def act_on_found(tx: Tx) -> T:
            user = queries.find_user_by_email(tx, email)
            if user is None:
                raise click.ClickException(f"There is no user {email!r} in this organization.")
            return act(tx, user)

        return self.database.run(self.org_id, act_on_found)


@contextmanager
def open_accounts(organization: str) -> Iterator[Accounts]:
    """The organization of this slug. Raises ClickException for an unknown one."""
    settings = Settings()
    is_of_owner = settings.admin_database_url is not None and "database_url" not in settings.model_fields_set
    url = settings.admin_database_url if is_of_owner else settings.database_url
    assert url is not None
    database = Database(url.get_secret_value(), pool_size=1)
    try:
        with database.across_organizations() as conn:
            org_id = queries.find_organization_id(conn, organization)
        if org_id is None:
            raise click.ClickException(f"There is no organization {organization!r}.")
        yield Accounts(database, org_id, LinkDelivery(settings.console_url, box=None))
    finally:
        database.close()


email_argument = click.argument("email", callback=lambda _context, _argument, text: text.strip())
"""An address as people copy it, with blanks around it."""


@click.group()
def users() -> None:
    """Help users of ORGANIZATION (its slug) who are locked out.

    No command takes a password: users choose their own with the link that is printed. What is done is written into the
    audit trail.
    """


@users.command("list")
@click.argument("organization")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def show(organization: str, *, as_json: bool) -> None:
    """List the users."""
    with open_accounts(organization) as accounts:
        found = accounts.database.run(accounts.org_id, _all_users)
    if as_json:
        click.echo(json.dumps([_as_json(user) for user in found], indent=1, ensure_ascii=False))
        return
    width = max((len(user.email) for user in found), default=0)
    for user in found:
        state = "" if user.active else "  (deactivated)"
        click.echo(f"{user.email:<{width}}  {user.role.value:<19}  {user.name}{state}")


@users.command()
@click.argument("organization")
@email_argument
@click.option("--name", help="What the user is called; the user may choose another name.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role if role is not Role.TECHNICIAN]),
    default=Role.ADMINISTRATOR.value,
    show_default=True,
    help="What the user may do. Stores and groups are given in the console or over the API.",
)
def create(organization: str, email: str, *, name: str | None, role: str) -> None:
    """Create a user, and print the link with which the user chooses a password."""
    with open_accounts(organization) as accounts:
        new = InvitedUser(email=email, name=(name or "").strip() or None, role=Role(role))
        sent = accounts.database.run(
            accounts.org_id, lambda tx: invite(tx, accounts.caller, new, delivery=accounts.delivery)
        )
    click.echo(f"{email} may choose a password once, until {sent.invitation.link.expires_at:%Y-%m-%d %H:%M} UTC:")
    click.echo(sent.link)


@users.command("reset-password")
@click.argument("organization")
@email_argument
def reset(organization: str, email: str) -> None:
    """Print a link with which a user chooses a new password. Until then the old one works."""
    with open_accounts(organization) as accounts:
        link, address = accounts.of_user(
            email, lambda tx, user: reset_password(tx, accounts.caller, user.id, delivery=accounts.delivery)
        )
    click.echo(f"{email} may choose a new password once, until {link.expires_at:%Y-%m-%d %H:%M} UTC:")
    click.echo(address)


@users.command()
@click.argument("organization")
@email_argument
def deactivate(organization: str, email: str) -> None:
    """Deactivate a user: sessions and links end. An organization keeps at least one administrator."""
    with open_accounts(organization) as accounts:
        accounts.of_user(email, lambda tx, user: update_user(tx, accounts.caller, user.id, changes={"active": False}))
    click.echo(f"{email} is deactivated.")


@users.command()
@click.argument("organization")
@email_argument
@click.option("--second-factor", is_flag=True, help="Take the second factor away, too: the phone is lost.")
def unlock(organization: str, email: str, *, second_factor: bool) -> None:
    """Activate a user again, and with --second-factor let the password alone log in."""

    def open_again(tx: Tx, user: User) -> list[str]:
        done = []
        if not user.active:
            update_user(tx, accounts.caller, user.id, changes={"active": True})
            done.append("activated")
        if second_factor and delete_second_factor(tx, accounts.caller, user.id):
            done.append("without a second factor")
        return done

    with open_accounts(organization) as accounts:
        done = accounts.of_user(email, open_again)
    click.echo(f"{email} is {' and '.join(done) or 'active already'}. Failed log-ins are forgotten after an hour.")


@users.command("end-sessions")
@click.argument("organization")
@email_argument
def end_sessions(organization: str, email: str) -> None:
    """Log a user out everywhere. A technician's duty ends with it, as soon as the worker looks."""
    with open_accounts(organization) as accounts:
        accounts.of_user(email, lambda tx, user: log_user_out(tx, accounts.caller, user.id))
    click.echo(f"{email} is logged out everywhere.")


def _all_users(tx: Tx) -> list[User]:
    found: list[User] = []
    cursor: str | None = None
    while True:
        page = queries.list_users(tx, limit=MAX_LIMIT, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def _as_json(user: User) -> dict[str, object]:
    return {"email": user.email, "name": user.name, "role": user.role.value, "active": user.active, "id": str(user.id)}
