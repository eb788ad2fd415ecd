"""One fleet, measured for the report: the rivals and the growth, by a service that has just been started."""

import argparse
import os
from collections.abc import Callable, Collection

from scripts.benchmark.bare import Pgbench
from scripts.benchmark.fleet import Fleet
from scripts.benchmark.growth import measure_growth
from scripts.benchmark.report import FleetSeen
from scripts.benchmark.rivals.comparing import Comparison
from scripts.benchmark.service import environment_of_service, running_service


def measure_fleet(
    chosen: argparse.Namespace,
    fleet: Fleet,
    seen: FleetSeen,
    keep: Callable[[], None],
    *,
    parts: Collection[str],
) -> None:
    """Add the `growth` and the `rivals` over a fleet that is in the database of the environment to what was seen of it.

    `keep` is called after each: what is there then is not lost, whatever comes.
    """
    owner_url, app_url = os.environ["GEO_ASSIGN_ADMIN_DATABASE_URL"], os.environ["GEO_ASSIGN_DATABASE_URL"]
    # Where refusals are not what is measured, a busy machine must not make any.
    environment = {**environment_of_service(), "GEO_ASSIGN_QUEUE_S": "30"}
    with running_service(environment, chosen.logs / "bench-api.log") as service:
        if "rivals" in parts:
            pgbench = Pgbench(chosen.pg_bin, app_url, fleet)
            comparison = Comparison(service, owner_url, pgbench, fleet, chosen.seconds, chosen.rounds, chosen.logs)
            for one in comparison.rivals():
                seen.compared.append(one)
                keep()
        if "growth" in parts:
            seen.grown = measure_growth(service, owner_url, fleet, chosen.seconds, chosen.rounds)
            keep()
