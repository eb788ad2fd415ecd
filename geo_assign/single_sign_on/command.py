"""`geo-assign single-sign-on`: the operator's way in when an identity provider is gone."""

import click

from geo_assign.access.commands import allow_passwords
from geo_assign.access.domain import system_caller
from geo_assign.access.queries import find_organization_id
from geo_assign.core.db import Database
from geo_assign.core.settings import Settings


@click.group()
def single_sign_on() -> None:
    """Let users in when their identity provider does not."""


@single_sign_on.command("allow-passwords")
@click.argument("organization")
def allow_passwords_again(organization: str) -> None:
    """Let users of ORGANIZATION (its slug) log in to the console with their passwords again."""
    database = Database(Settings().database_url.get_secret_value(), pool_size=1)
    try:
        with database.across_organizations() as conn:
            org_id = find_organization_id(conn, organization)
        if org_id is None:
            raise click.ClickException(f"There is no organization {organization!r}.")
        changed = database.run(org_id, lambda tx: allow_passwords(tx, system_caller(tx.org_id)))
    finally:
        database.close()
    click.echo("Passwords work again." if changed else "Passwords work already.")
