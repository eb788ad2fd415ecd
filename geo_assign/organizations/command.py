"""`geo-assign organizations`: what an operator does with whole organizations."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

from geo_assign.access.domain import Quota
from geo_assign.access.queries import find_organization_id, list_organization_ids
from geo_assign.access.quotas import set_limits, unset_limits
from geo_assign.completion.folder import ImageFolder
from geo_assign.core.db import Database, Defaults
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import configure_logging
from geo_assign.organizations.deleting import StillWrittenError, delete_organization
from geo_assign.organizations.exporting import export_organization, write_archive
from geo_assign.workforce.usage import Usage, get_usage

_UNLIMITED, _DEFAULT = "unlimited", "default"
_STANDARD_OUTPUT = Path("-")


def _limit(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """A whole number, `unlimited`, or `default`: what the settings say."""
    if value is None or value in {_UNLIMITED, _DEFAULT}:
        return value
    if value.isascii() and value.isdigit() and int(value) < 2**31:
        return value
    raise click.BadParameter(f"{value!r} is neither a whole number nor {_UNLIMITED} nor {_DEFAULT}.")


_METAVAR = "NUMBER|unlimited|default"


@click.group()
def organizations() -> None:
    """List, limit, export and delete whole organizations."""


@organizations.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
def show_organizations(as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """List the organizations with what they use and what they may use."""
    settings = Settings()
    if settings.worker_database_url is None:
        raise click.ClickException("GEO_ASSIGN_WORKER_DATABASE_URL is not set: it sees every organization.")
    worker = Database(settings.worker_database_url.get_secret_value(), pool_size=1)
    try:
        with worker.across_organizations() as conn:
            ids = list_organization_ids(conn)
    finally:
        worker.close()
    with _application(settings) as database:
        usages = {slug: database.run(org_id, get_usage) for slug, org_id in ids.items()}
    if as_json:
        click.echo(json.dumps([_as_json(slug, ids[slug], usage) for slug, usage in usages.items()], indent=1))
    else:
        _print_table(usages)


@organizations.command()
@click.argument("slug")
@click.option("--technicians", callback=_limit, metavar=_METAVAR, help="Active technicians.")
@click.option(
    "--pings-per-day",
    callback=_limit,
    metavar=_METAVAR,
    help="Positions a day; more are rejected.",
)
@click.option("--leads-per-day", callback=_limit, metavar=_METAVAR, help="New leads a day; more are refused.")
@click.option("--storage-mb", callback=_limit, metavar=_METAVAR, help="Millions of bytes, for files.")
def limits(slug: str, **chosen: str | None) -> None:
    """Set what the organization SLUG may use, and print what holds.

    Each limit is a number, `unlimited`, or `default` for what the settings say. Without an option nothing changes.
    """
    wanted = {Quota(name): limit for name, limit in chosen.items() if limit is not None}
    defaults = frozenset(quota for quota, limit in wanted.items() if limit == _DEFAULT)
    numbers = {
        quota: None if limit == _UNLIMITED else int(limit) for quota, limit in wanted.items() if quota not in defaults
    }
    with _application(Settings()) as database:
        org_id = _get_id(database, slug)
        if numbers:
            database.run(org_id, lambda tx: set_limits(tx, numbers))
        if defaults:
            database.run(org_id, lambda tx: unset_limits(tx, defaults))
        usage = database.run(org_id, get_usage)
    _print_table({slug: usage})


@organizations.command()
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
def export(slug: str, file: Path) -> None:
    """Write everything that is kept for the organization SLUG to FILE, a ZIP of JSON lines; `-` is standard output."""
    settings = Settings()
    piped = file == _STANDARD_OUTPUT
    if piped and sys.stdout.isatty():
        raise click.ClickException("A ZIP is nothing for a terminal: name a file, or send the output to one.")
    with _application(settings) as database:
        org_id = _get_id(database, slug)
    url, images = settings.database_url.get_secret_value(), _images(settings)
    if piped:
        counts = write_archive(url, org_id, sys.stdout.buffer, images=images)
    else:
        try:
            counts = export_organization(url, org_id, file, images=images)
        except FileExistsError as error:
            raise click.ClickException(str(error)) from error
    told = "the output" if piped else file
    click.echo(f"{sum(counts.values()):,} rows of {slug} are in {told}.", err=piped)


@organizations.command()
@click.argument("slug")
@click.option("--confirm", help="The slug again, for scripts; without it you are asked.")
def delete(slug: str, confirm: str | None) -> None:
    """Delete the organization SLUG and everything that is kept for it. This cannot be taken back."""
    settings = Settings()
    if settings.admin_database_url is None:
        raise click.ClickException("GEO_ASSIGN_ADMIN_DATABASE_URL is not set: only the owner may delete everything.")
    with _application(settings) as database:
        org_id = _get_id(database, slug)
    if confirm is None:
        confirm = click.prompt(f"This deletes everything of {slug!r}. Type its slug again", err=True)
    if confirm != slug:
        raise click.ClickException(f"{confirm!r} is not {slug!r}: nothing was deleted.")
    configure_logging(settings.log_level)
    try:
        counts = delete_organization(settings.admin_database_url.get_secret_value(), org_id, slug=slug)
    except StillWrittenError as error:
        raise click.ClickException(str(error)) from error
    images = _images(settings)
    if images is not None:
        images.remove_all_of(org_id)
    click.echo(f"{slug} is deleted: {sum(counts.values()):,} rows of {len(counts)} tables.")


@contextmanager
def _application(settings: Settings) -> Iterator[Database]:
    defaults = Defaults(freshness_s=settings.freshness_s, limits=settings.limits)
    database = Database(settings.database_url.get_secret_value(), pool_size=1, defaults=defaults)
    try:
        yield database
    finally:
        database.close()


def _images(settings: Settings) -> ImageFolder | None:
    return None if settings.image_dir is None else ImageFolder(settings.image_dir)


def _get_id(database: Database, slug: str) -> UUID:
    with database.across_organizations() as conn:
        org_id = find_organization_id(conn, slug)
    if org_id is None:
        raise click.ClickException(f"There is no organization {slug!r}.")
    return org_id


def _as_json(slug: str, org_id: UUID, usage: Usage) -> Mapping[str, object]:
    quotas = {one.quota.value: {"used": one.used, "limit": one.limit, "state": one.state.value} for one in usage.quotas}
    return {"slug": slug, "id": str(org_id), "day": usage.today.day.isoformat(), "quotas": quotas}


def _print_table(usages: Mapping[str, Usage]) -> None:
    table = Table("organization", *(quota.value.replace("_", " ") for quota in Quota), box=None, pad_edge=False)
    for slug, usage in usages.items():
        cells = (f"{one.used:,} of {'any' if one.limit is None else f'{one.limit:,}'}" for one in usage.quotas)
        table.add_row(slug, *cells)
    Console(width=120, highlight=False).print(table)
