"""`geo-assign import`: technicians, stores and work orders from CSV files."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from geo_assign.access.domain import system_caller
from geo_assign.access.queries import find_organization_id
from geo_assign.app import make_services
from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.http.services import Services
from geo_assign.importing.files import CsvFile, read_csv
from geo_assign.importing.running import ImportReport, ImportTarget, count_located, import_rows, list_to_locate, locate
from geo_assign.importing.running import Progress as Advance
from geo_assign.importing.upserting import IMPORTERS, RowChange

_SHOWN_ERRORS = 20


@click.command("import")
@click.argument("kind", type=click.Choice(list(IMPORTERS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organization", required=True, help="Slug of the organization that the rows belong to.")
@click.option("--dry-run", is_flag=True, help="Check each row and print what would be done; write nothing.")
@click.option(
    "--geocode", is_flag=True, help="Work orders: geocode their addresses now, without waiting for the worker."
)
def import_(*, kind: str, file: Path, organization: str, dry_run: bool, geocode: bool) -> None:
    """Import technicians, stores or work orders from a CSV file.

    \b
      geo-assign import stores stores.csv --organization acme --dry-run
      geo-assign import technicians technicians.csv --organization acme
      geo-assign import work-orders leads.csv --organization acme --geocode

    The first line names the columns; docs/operations.md lists them. Rows are known by their slug, work orders by store
    and external_id: run the same file again, or go on after it was stopped, and nothing is there twice. Rows with an
    error are written to FILE.errors.csv with the reason; the others are imported. A work order that is there is never
    changed: of a row that differs from it the columns are told. Fails when a row had an error or differed.
    """  # noqa: D301 - click wants the character itself
    if geocode and kind != "work-orders":
        raise click.UsageError("Only work orders have addresses to --geocode.")
    importer = IMPORTERS[kind]
    content = read_csv(file, known=importer.row.columns(), required=importer.row.required())
    settings = Settings()
    services = make_services(settings)
    try:
        org_id = _get_organization_id(services.database, organization)
        target = ImportTarget(services.database, settings, system_caller(org_id), importer, dry_run=dry_run)
        report = _import(target, content)
        _print_report(report, content, importer.noun, dry_run=dry_run)
        if kind == "work-orders" and not dry_run:
            _locate(services, org_id, report.ids, now=geocode)
    finally:
        services.close()
    sys.exit(1 if report.errors else 0)


def _get_organization_id(database: Database, slug: str) -> UUID:
    with database.across_organizations() as conn:
        found = find_organization_id(conn, slug)
    if found is None:
        raise click.ClickException(f"There is no organization {slug!r}.")
    return found


def _import(target: ImportTarget, content: CsvFile) -> ImportReport:
    what = "Checking" if target.dry_run else "Importing"
    stopped = "Stopped. What was imported stays; run the same command again to go on."
    with _stoppable(stopped), _progress(f"{what} {target.importer.noun}", len(content.rows)) as advance:
        return import_rows(target, content, advance=advance)


def _locate(services: Services, org_id: UUID, ids: Sequence[UUID], *, now: bool) -> None:
    waiting = list_to_locate(services.database, org_id, ids)
    if not waiting:
        return
    if not now:
        click.echo(f"Addresses left to the worker: {len(waiting)}. With --geocode they are found at once.")
        return
    stopped = "Stopped. The worker, or the same command again, finds the addresses that are left."
    with _stoppable(stopped), _progress("Finding addresses", len(waiting)) as advance:
        locate(services.dispatch, org_id, waiting, advance=advance)
    now_known = count_located(services.database, org_id, waiting)
    click.echo(
        f"Addresses: {now_known.found} found, {now_known.waiting} to be tried again by the worker, "
        f"{now_known.unclear} for a person to correct (pending, needs_location)."
    )


def _print_report(report: ImportReport, content: CsvFile, noun: str, *, dry_run: bool) -> None:
    """Print the counts, the first errors, and what to do about them."""
    would = "would be " if dry_run else ""
    counts = [
        f"{report.counts[change]} {would if change is not RowChange.UNCHANGED else ''}{change}" for change in RowChange
    ]
    if report.differing:
        counts.append(f"{report.differing} different from what is there")
    told = ", ".join([*counts, f"{len(report.errors) - report.differing} with errors"])
    click.echo(f"{noun.capitalize()} of {content.path.name}: {told}.")
    for line, error in report.errors[:_SHOWN_ERRORS]:
        place = f"line {line}, {error.column}" if error.column else f"line {line}"
        click.echo(f"  {place}: {error.reason}", err=True)
    if len(report.errors) > _SHOWN_ERRORS:
        click.echo(f"  ... and {len(report.errors) - _SHOWN_ERRORS} more.", err=True)
    if dry_run:
        click.echo("Nothing was written: this was a dry run.")
    elif report.errors_path is not None:
        click.echo(f"The rows with errors are in {report.errors_path}: correct them there and import that file.")
        if report.differing:
            click.echo("Rows that differ are there, too. Change these work orders in the console or by the API.")


@contextmanager
def _stoppable(told: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo(told, err=True)
        sys.exit(130)


@contextmanager
def _progress(label: str, total: int) -> Iterator[Advance]:
    """Show a progress bar on standard error when it is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)
