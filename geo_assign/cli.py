"""The command line. Every command imports what it needs when it runs: `--help` is quick, and `serve` starts clean."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import click

from geo_assign import __version__

if TYPE_CHECKING:
    from uuid import UUID

    from geo_assign.core.db import Database
    from geo_assign.core.settings import Settings

# Commands that live beside what they do: where, and what `--help` says about them without importing them.
_ELSEWHERE = {
    "doctor": ("geo_assign.doctor:doctor", "Check this installation and say what to do about what is not well."),
    "import": (
        "geo_assign.file_import:import_",
        "Bring technicians, stores or work orders in from a CSV file.",
    ),
    "init": ("geo_assign.init.command:init", "Create the first organization and say what comes next."),
    "organizations": (
        "geo_assign.organizations.command:organizations",
        "List, limit, export and delete whole organizations.",
    ),
    "replay": ("geo_assign.simulate.replay:replay", "Feed recorded positions and leads through the service's rules."),
    "seed": ("geo_assign.seed.command:seed", "Create organizations, stores, people and keys from a file."),
    "simulate": ("geo_assign.simulate.command:simulate", "Fill an invented city with technicians, phones and leads."),
    "single-sign-on": (
        "geo_assign.single_sign_on.command:single_sign_on",
        "Let users in when their identity provider does not.",
    ),
    "users": ("geo_assign.accounts:users", "Help users who are locked out."),
}


class Commands(click.Group):
    """The top group: finds commands that live elsewhere, and words errors in one line instead of a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _, name = _ELSEWHERE[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        here = {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        elsewhere = {name: summary for name, (_, summary) in _ELSEWHERE.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted((here | elsewhere).items()))

    def invoke(self, ctx: click.Context) -> object:
        with _in_one_line():
            return super().invoke(ctx)


@contextmanager
def _in_one_line() -> Iterator[None]:
    """What went wrong, for the person who typed the command; unexpected errors keep their traceback."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        message = _worded(error)
        if message is None:
            raise
        raise click.ClickException(message) from error


def _worded(error: Exception) -> str | None:
    """A sentence for an error that people can do something about; None for a defect of ours."""
    from pydantic import ValidationError  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError  # noqa: PLC0415

    from geo_assign.core.errors import GeoAssignError, UnusableSettingError  # noqa: PLC0415
    from geo_assign.core.settings import Settings, objections  # noqa: PLC0415

    if isinstance(error, GeoAssignError):
        places = (f"  {one.pointer}: {one.detail}" for one in error.errors if one.detail != error.detail)
        return "\n".join([error.detail, *places])
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return "\n".join(objections(error))
    if isinstance(error, UnusableSettingError):
        return str(error)
    if isinstance(error, OperationalError | ProgrammingError):
        reason = str(error.orig).strip().splitlines()[0]
        return f"The database refused: {reason}\nWhat else is wrong says: geo-assign doctor"
    if isinstance(error, ArgumentError):
        return "A database URL cannot be read: it looks like postgresql://user:password@host:5432/name."
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
    return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geo-assign")
def main() -> None:
    """Know where technicians are and decide who should go.

    Settings are environment variables named GEO_ASSIGN_..., then .local/geo-assign.env; config/geo-assign.env lists
    them all.
    """
    from geo_assign.core.settings import unknown_settings  # noqa: PLC0415

    for name in unknown_settings():
        click.echo(f"Warning: {name} is not a setting of geo-assign and does nothing.", err=True)


@main.command()
def serve() -> None:
    """Answer the API and the console until told to stop."""
    from geo_assign.core.listening import CannotListenError  # noqa: PLC0415
    from geo_assign.serve import serve as run  # noqa: PLC0415

    try:
        run(_settings())
    except CannotListenError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--postman", is_flag=True, help="As a Postman collection, format 2.1, with an example of each body.")
def openapi(*, postman: bool) -> None:
    """Print the OpenAPI document of the API, for generators of clients. Needs no service and no database."""
    from geo_assign.app import render_api_document  # noqa: PLC0415
    from geo_assign.http.postman import collection_of  # noqa: PLC0415

    document = render_api_document()
    click.echo(json.dumps(collection_of(json.loads(document)), indent=2) if postman else document)


@main.command()
def worker() -> None:
    """Work on what is due, until told to stop: offers that expire, addresses to find, leads that wait, webhooks."""
    settings = _settings()
    if settings.worker_database_url is None:
        raise click.ClickException("GEO_ASSIGN_WORKER_DATABASE_URL is not set: the worker sees due rows through it.")
    from geo_assign.app import make_services  # noqa: PLC0415
    from geo_assign.core.telemetry import configure_logging  # noqa: PLC0415
    from geo_assign.worker import run_worker  # noqa: PLC0415

    configure_logging(settings.log_level)
    services = make_services(settings)
    try:
        run_worker(settings, services.dispatch, services.webhooks, services.push)
    finally:
        services.close()


@main.command("push-keys")
def push_keys() -> None:
    """Print a new key pair for Web Push, as settings. A new pair ends every subscription made with the old one."""
    from geo_assign.core.vapid import new_private_key, vapid_keys  # noqa: PLC0415

    private_key = new_private_key()
    click.echo(f"GEO_ASSIGN_VAPID_PRIVATE_KEY={private_key}")
    click.echo(f"# The public key, which GET /v1/me/app tells: {vapid_keys(private_key, contact='').public_key}")


@main.group()
def db() -> None:
    """The database's schema."""


@db.command()
def upgrade() -> None:
    """Create roles and extensions, and migrate to the newest schema. Runs as the owner.

    What the owner may not create is printed as SQL, for a role that may; then run this again.
    """
    from geo_assign.migrate import upgrade as run  # noqa: PLC0415

    settings = _owners_settings()
    with _printing_what_is_to_be_run_by_hand():
        click.echo(f"The database is at revision {run(settings)}.")


@db.command()
def prepare() -> None:
    """Create roles and extensions and no table: for a database into which a dump is restored. Runs as the owner."""
    from geo_assign.migrate import prepare as run  # noqa: PLC0415

    settings = _owners_settings()
    with _printing_what_is_to_be_run_by_hand():
        run(settings)
    click.echo("Roles and extensions are there.")


@db.command()
@click.option(
    "--shards",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Parts of each table: as many servers can share them.",
)
def distribute(shards: int) -> None:
    """Spread the rows over the servers that Citus knows, by organization. Stop serve and worker first.

    Says what is missing before anything is changed. Run it again where it was broken off. Runs as the owner.
    """
    from geo_assign.distribution.spreading import CannotDistributeError  # noqa: PLC0415
    from geo_assign.migrate import distribute as run  # noqa: PLC0415

    try:
        done = run(_owners_settings(), shards=shards)
    except CannotDistributeError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(done.sentences()))


def _owners_settings() -> "Settings":
    settings = _settings()
    if settings.admin_database_url is None:
        raise click.ClickException("GEO_ASSIGN_ADMIN_DATABASE_URL is not set: this runs as the owner.")
    return settings


@contextmanager
def _printing_what_is_to_be_run_by_hand() -> Iterator[None]:
    from geo_assign.database_roles import ByHandError  # noqa: PLC0415

    try:
        yield
    except ByHandError as error:
        click.echo("\n".join(f"{statement};" for statement in error.statements))
        raise click.ClickException(str(error)) from error


@db.command()
def current() -> None:
    """Print the revision of the database and the newest one."""
    from sqlalchemy import create_engine, make_url  # noqa: PLC0415

    from geo_assign.migrate import current_revision, head_revision  # noqa: PLC0415

    settings = _settings()
    url = settings.admin_database_url or settings.database_url
    engine = create_engine(make_url(url.get_secret_value()).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as conn:
            click.echo(f"{current_revision(conn) or 'none'} (newest: {head_revision(settings)})")
    finally:
        engine.dispose()


@main.group()
def secrets() -> None:
    """Keys that encrypt what is stored."""


@secrets.command()
def new() -> None:
    """Print a new key for GEO_ASSIGN_SECRET_KEYS; put it in front of those in use."""
    from cryptography.fernet import Fernet  # noqa: PLC0415

    click.echo(Fernet.generate_key().decode())


@secrets.command()
@click.argument("organization", required=False)
@click.option("--all", "every", is_flag=True, help="Every organization; asks the database as the worker.")
def rotate(organization: str | None, every: bool) -> None:  # noqa: FBT001  click passes by name
    """Encrypt the stored secrets of ORGANIZATION (its slug) anew: map keys, webhook secrets and all others.

    The first of GEO_ASSIGN_SECRET_KEYS is used; once all organizations are done, the others may go.
    """
    from geo_assign.core.db import Database  # noqa: PLC0415
    from geo_assign.core.errors import GeoAssignError  # noqa: PLC0415
    from geo_assign.core.secrets import SecretBox  # noqa: PLC0415
    from geo_assign.secret_rotation import rotate_secrets  # noqa: PLC0415

    if (organization is None) is not every:
        raise click.UsageError("Name one organization, or give --all.")
    settings, left = _settings(), []
    if not settings.fernet_keys:
        raise click.ClickException("GEO_ASSIGN_SECRET_KEYS is not set: there is no key to encrypt with.")
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        box = SecretBox(settings.fernet_keys)
        for slug, org_id in _organizations(settings, database, organization).items():
            try:
                counts = rotate_secrets(database, org_id, box)
            except GeoAssignError as error:
                left.append(slug)
                click.echo(f"{slug}: left as it was: {error.detail}", err=True)
            else:
                told = ", ".join(f"{count} {called}" for called, count in counts.items())
                click.echo(f"{slug}: {told} are encrypted with the newest key.")
    finally:
        database.close()
    if left:
        raise click.ClickException(f"Keep the old keys, which these organizations still need: {', '.join(left)}.")


def _organizations(settings: "Settings", database: "Database", slug: str | None) -> dict[str, "UUID"]:
    """The organization with this slug, or all of them; ids by slug."""
    from geo_assign.access.queries import find_organization_id, list_organization_ids  # noqa: PLC0415
    from geo_assign.core.db import Database  # noqa: PLC0415

    if slug is not None:
        with database.across_organizations() as conn:
            org_id = find_organization_id(conn, slug)
        if org_id is None:
            raise click.ClickException(f"There is no organization {slug!r}.")
        return {slug: org_id}
    if settings.worker_database_url is None:
        raise click.ClickException("GEO_ASSIGN_WORKER_DATABASE_URL is not set: it sees every organization.")
    worker = Database(settings.worker_database_url.get_secret_value(), pool_size=1)
    try:
        with worker.across_organizations() as conn:
            return list_organization_ids(conn)
    finally:
        worker.close()


def _settings() -> "Settings":
    from geo_assign.core.settings import Settings  # noqa: PLC0415

    return Settings()
