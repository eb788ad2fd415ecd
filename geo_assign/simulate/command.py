"""`geo-assign simulate`: technicians, phones and leads of the invented city, against a running service."""

import json
import signal
from pathlib import Path
from types import FrameType

import click

from geo_assign.core.clock import wall_clock
from geo_assign.core.settings import Settings
from geo_assign.simulate.city import BASEMAP, GAZETTEER, City, city_file, load_city
from geo_assign.simulate.client import ServiceClient
from geo_assign.simulate.pace import RealPace
from geo_assign.simulate.runner import RunnerOptions, run
from geo_assign.simulate.seeded import SeededOrganization
from geo_assign.simulate.seeding import demo_logins, demo_seed

ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to

SEEDED = Path(".local/demo/seeded.json")
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--write-assets", type=FOLDER, help="Write the demo's files into this folder and exit.")
@click.option("--seeded", type=FILE, default=SEEDED, show_default=True, help="What `geo-assign seed` printed.")
@click.option("--url", help="The service; the configured host and port by default.")
@click.option("--organization", default="demo", show_default=True, help="Slug of the organization to simulate.")
@click.option("--technicians", type=click.IntRange(1, 500), default=24, show_default=True, help="How many of them.")
@click.option("--leads-per-hour", type=click.FloatRange(0), default=50.0, show_default=True, help="New leads.")
@click.option("--speed", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="Shortens visits.")
@click.option("--duration", type=click.FloatRange(0), help="Seconds to run; until stopped by default.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another day.")
def simulate(
    *,
    write_assets: Path | None,
    seeded: Path,
    url: str | None,
    organization: str,
    technicians: int,
    leads_per_hour: float,
    speed: float,
    duration: float | None,
    seed: int,
) -> None:
    r"""Simulate driving technicians, unreliable phones and incoming leads in an invented city.

    \b
    Three steps, the first two once:
      geo-assign simulate --write-assets .local/demo
      geo-assign seed .local/demo/seed.json > .local/demo/seeded.json
      geo-assign simulate --seeded .local/demo/seeded.json

    The first writes basemap.json (GEO_ASSIGN_BASEMAP_PATH), gazetteer.csv (the stores geocode with it), seed.json and
    demo.json (the log-ins). The last needs `serve` and `worker` running, and stops at Ctrl-C.
    """
    city = load_city()
    if write_assets:
        write_demo(city, write_assets, technicians=technicians)
        return
    if not seeded.exists():
        raise click.UsageError(f"There is no {seeded}: see the three steps of `geo-assign simulate --help`.")
    options = RunnerOptions(
        leads_per_hour=leads_per_hour, speed=speed, duration_s=duration, technicians=technicians, seed=seed
    )
    run_until_stopped(
        city, get_seeded_organization(seeded, organization), url=url or default_url(Settings()), options=options
    )


def write_demo(city: City, folder: Path, *, technicians: int) -> None:
    """Write the demo's files into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (GAZETTEER, BASEMAP):
        (folder / name).write_bytes(city_file(name))
    seed = demo_seed(city, gazetteer=folder.resolve() / GAZETTEER, technicians=technicians)
    for name, content in (("seed.json", seed), ("demo.json", demo_logins(seed))):
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def get_seeded_organization(seeded: Path, slug: str) -> SeededOrganization:
    """Return one organization of a seeded tree. Raises a usage error when it is not there."""
    tree = json.loads(seeded.read_text(encoding="utf-8"))
    for organization in tree["organizations"]:
        if organization["slug"] == slug:
            found: SeededOrganization = organization
            return found
    raise click.UsageError(f"{seeded} holds no organization '{slug}'.")


def default_url(settings: Settings) -> str:
    """Return where the configured service is reached from this host."""
    host = "127.0.0.1" if settings.host in ANYWHERE else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def run_until_stopped(city: City, organization: SeededOrganization, *, url: str, options: RunnerOptions) -> None:
    """Run until SIGINT, SIGTERM or the end of the duration."""
    pace = RealPace(wall_clock())

    def stop(_signal: int, _frame: FrameType | None) -> None:
        pace.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    client = ServiceClient(url)
    try:
        click.echo(f"{len(organization['technicians'])} technicians drive about; the service is {url}", err=True)
        run(client, organization, city=city, pace=pace, options=options, report=_print_line)
    finally:
        client.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_line(line: str) -> None:
    click.echo(f"{wall_clock():%H:%M:%S} {line}", err=True)
