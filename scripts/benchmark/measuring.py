"""One fleet, measured for the report: the rivals and the growth, by a service that has just been started."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

from geo_assign import __version__
from scripts.benchmark.bare import Pgbench
from scripts.benchmark.fleet import Fleet
from scripts.benchmark.growth import Grown, measure_growth
from scripts.benchmark.report import Report
from scripts.benchmark.rivals.compared import Compared
from scripts.benchmark.rivals.comparing import Comparison
from scripts.benchmark.service import running_service


@dataclass(frozen=True)
class Fleeted:
    """What one fleet showed; either is missing when it was not asked for."""

    technicians: int
    compared: Sequence[Compared]
    grown: Grown | None


def measure_fleet(chosen: argparse.Namespace, fleet: Fleet) -> Fleeted:
    """The rivals and the growth over a fleet that is in the database of the environment."""
    owner_url, app_url = os.environ["GEO_ASSIGN_ADMIN_DATABASE_URL"], os.environ["GEO_ASSIGN_DATABASE_URL"]
    environment = {name: value for name, value in os.environ.items() if name.startswith("GEO_ASSIGN_")}
    with running_service(environment, chosen.logs / "bench-api.log") as service:
        pgbench = Pgbench(chosen.pg_bin, app_url, fleet)
        comparison = Comparison(service, owner_url, pgbench, fleet, chosen.seconds, chosen.rounds, chosen.logs)
        compared = comparison.rivals() if chosen.only != "growth" else []
        grown = None
        if chosen.only != "rivals":
            grown = measure_growth(service, owner_url, fleet, chosen.seconds, chosen.rounds)
    return Fleeted(fleet.technicians, compared, grown)


def report_of(chosen: argparse.Namespace, seen: Sequence[Fleeted]) -> Report:
    """What the fleets showed together."""
    compared = {one.technicians: one.compared for one in seen if one.compared}
    grown = [one.grown for one in seen if one.grown is not None]
    return Report(__version__, chosen.seconds, chosen.rounds, compared, grown)
