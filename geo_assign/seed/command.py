"""`geo-assign seed`: organizations from a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click
from pydantic import BaseModel

from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.seed.document import (
    ApiKeyEntry,
    GroupEntry,
    MapKeyEntry,
    OrganizationEntry,
    PointEntry,
    ProviderEntry,
    StoreEntry,
    TechnicianEntry,
    UserEntry,
    read_document,
)
from geo_assign.seed.loading import load

EXAMPLE = Path(__file__).with_name("example.json")
ENTRIES: dict[str, type[BaseModel]] = {
    "organizations": OrganizationEntry,
    "stores": StoreEntry,
    "groups": GroupEntry,
    "providers": ProviderEntry,
    "technicians": TechnicianEntry,
    "users": UserEntry,
    "api_keys": ApiKeyEntry,
    "location, base, home": PointEntry,
    "map_key": MapKeyEntry,
}
"""What an entry of each member of the file is."""


class SeedCommand(click.Command):
    """Its help ends with the members of the file, as the models have them."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Members of an entry, [optional] ones in brackets"):
            formatter.write_dl([(name, ", ".join(_list_members(entry))) for name, entry in ENTRIES.items()])


@click.command(cls=SeedCommand)
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--example", is_flag=True, help="Print a complete file that loads, to begin yours with; create nothing.")
def seed(*, file: IO[bytes] | None, example: bool) -> None:
    """Create what FILE (JSON; - for standard input) describes, and print it with ids and tokens.

    \b
      geo-assign seed --example >seed.json
      geo-assign seed seed.json

    Entries are known by their slug, users by their e-mail address, API keys by their name. Load the file again, and
    what it says otherwise is changed, what it leaves out stays, and nothing is there twice. A password that exists is
    never changed. An organization is loaded whole or not at all; what is wrong is told with its place in the file.
    docs/seed-file.md explains each member.
    """  # noqa: D301 - click wants the character itself
    if (file is None) is not example:
        raise click.UsageError("Name a file, or give --example.")
    if file is None:
        click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
        return
    document, settings = read_document(file.read()), Settings()
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        click.echo(json.dumps(load(database, settings, document), indent=1, ensure_ascii=False))
    finally:
        database.close()


def _list_members(entry: type[BaseModel]) -> Iterator[str]:
    for name, field in entry.model_fields.items():
        yield name if field.is_required() else f"[{name}]"
