"""Measure the service against PostgreSQL alone and against others, and print how far apart they are.

`scripts/bench` starts this.

The database is emptied and filled again: it must be one that was made for this. Every address is 127.0.0.1.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from geo_assign import __version__
from scripts.benchmark.attempts import Attempts, say
from scripts.benchmark.bare import Pgbench
from scripts.benchmark.deadlines import drain
from scripts.benchmark.deliveries import send_backlog
from scripts.benchmark.figures import LENIENCE, Bench, Figure, layer_table, table
from scripts.benchmark.fleet import Fleet, replace_fleet
from scripts.benchmark.layers import WHOLE, measure_layers
from scripts.benchmark.lists import comparison, measure
from scripts.benchmark.load import Client
from scripts.benchmark.orders import replace_orders
from scripts.benchmark.questions import Nearest
from scripts.benchmark.report import FleetSeen, Report
from scripts.benchmark.service import environment_of_service, serving, without_settings
from scripts.benchmark.viewers import pings, watching

LAYERED_REQUESTS = 900
_REPORTED = ("rivals", "growth")
_STOPPED = 130
_ONLY_IF_ASKED = ("viewers", "worker", "deliveries", "lists")


def main(arguments: Sequence[str]) -> int:
    """Run every measurement; the settings of the database come from the environment."""
    chosen = _parse(arguments)
    if chosen.only == "lists":
        return _compare_lists([int(number) for number in chosen.orders.split(",")], chosen.rounds)
    fleets = _sizes(chosen.technicians) + ([1_000_000] if chosen.full else []) + _sizes(chosen.grow_to)
    report = Report(__version__, datetime.now(UTC), chosen.seconds, chosen.rounds, os.getloadavg()[0])
    try:
        for technicians in fleets:
            report.fleets.append(FleetSeen(technicians))
            _measure_last(chosen, report)
    except KeyboardInterrupt:
        print("\nStopped. What was seen until then:", flush=True)
        _tell(chosen, report)
        return _STOPPED
    _tell(chosen, report)
    return _verdict(report)


def _measure_last(chosen: argparse.Namespace, report: Report) -> None:
    """Everything about the report's last fleet; what fails is told in the report, and the rest goes on."""
    seen = report.fleets[-1]
    attempts = Attempts(seen.failed)

    def keep() -> None:
        if chosen.report is not None:
            report.write(chosen.report)

    print(f"\n{seen.technicians:,} technicians: seeding", flush=True)
    owner_url = os.environ["GEO_ASSIGN_ADMIN_DATABASE_URL"]
    fleet = attempts.make("a fleet", lambda: replace_fleet(owner_url, seen.technicians))
    if fleet is None:
        return
    if chosen.only in _ALONE:
        attempts.make(chosen.only, lambda: _ALONE[chosen.only](chosen, environment_of_service(), fleet))
        return
    if seen.technicians not in _sizes(chosen.grow_to):
        attempts.make("the service", lambda: _run(chosen, fleet, seen, attempts, everything=len(report.fleets) == 1))
        keep()
    if _is_reported(chosen):
        from scripts.benchmark.measuring import measure_fleet  # noqa: PLC0415 - needs what only reports need

        parts = {chosen.only} if chosen.only in _REPORTED else set(_REPORTED)
        if seen.technicians in _sizes(chosen.grow_to):
            parts = {"growth"}
        attempts.make("growth and rivals", lambda: measure_fleet(chosen, fleet, seen, keep, parts=parts))
        keep()


def _sizes(told: str) -> list[int]:
    """Sizes of fleets, separated by commas."""
    return [int(number) for number in told.split(",") if number]


def _is_reported(chosen: argparse.Namespace) -> bool:
    return chosen.report is not None or chosen.only in _REPORTED


def _verdict(report: Report) -> int:
    """1 when a figure is so far from its aim that no other program on the machine explains it, or one is missing."""
    regressions = [figure for one in report.fleets for figure in one.figures if figure.is_regression]
    for figure in regressions:
        told = f"{figure.best:.2f} at best is more than {LENIENCE} times off the aim of {figure.aim}"
        print(f"{figure.name}: {told}", flush=True)
    return int(bool(regressions) or any(one.failed for one in report.fleets))


def _tell(chosen: argparse.Namespace, report: Report) -> None:
    if not _is_reported(chosen):
        return
    print(f"\n{report.tables()}", flush=True)
    if chosen.report is not None:
        report.draw(chosen.report)
        report.write(chosen.report)
        print(f"\nWritten to {chosen.report}", flush=True)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--technicians", default="10000,100000", help="sizes of the fleet, separated by commas")
    parser.add_argument(
        "--grow-to", default="", help="further sizes, of which a report tells the growth alone: no rivals, no figures"
    )
    parser.add_argument("--full", action="store_true", help="1,000,000 technicians too")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--orders", default="10000,1000000", help="with --only lists: numbers of work orders")
    parser.add_argument("--rounds", type=int, default=3, help="how often the two sides take turns")
    parser.add_argument(
        "--only",
        choices=(*_REPORTED, "nearest", "batches", "pings", "layers", "overload", *_ONLY_IF_ASKED),
        help=f"one measurement alone; those of {', '.join(_ONLY_IF_ASKED)} are made only if asked for",
    )
    parser.add_argument("--offers", type=int, default=1_000, help="that end at once, for the worker")
    parser.add_argument("--viewers", type=int, default=100, help="of the live stream, beside pings")
    parser.add_argument("--deliveries", type=int, default=10_000, help="that wait for a receiver")
    parser.add_argument("--quick", action="store_true", help="10,000 technicians, a second and two rounds each")
    parser.add_argument("--report", type=Path, help="folder that the report is written to, with rivals and growth")
    parser.add_argument("--pg-bin", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--logs", type=Path, required=True, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.quick:
        chosen.technicians, chosen.seconds, chosen.rounds = "10000", 1.0, 2
    return chosen


def _compare_lists(sizes: Sequence[int], rounds: int) -> int:
    """Each sort and filter among few work orders and among many."""
    seen = []
    for size in sizes:
        print(f"\n{size:,} work orders: seeding", flush=True)
        work = replace_orders(os.environ["GEO_ASSIGN_ADMIN_DATABASE_URL"], size)
        seen.append(measure(os.environ["GEO_ASSIGN_DATABASE_URL"], work, rounds))
    print(comparison(seen[0], seen[-1]))
    return 0


def _run(chosen: argparse.Namespace, fleet: Fleet, seen: FleetSeen, attempts: Attempts, *, everything: bool) -> None:
    """Add what depends on the size of the fleet, and for the first one everything, to what was seen of it."""
    app_url = os.environ["GEO_ASSIGN_DATABASE_URL"]
    environment = environment_of_service()

    def wanted(what: str) -> bool:
        return chosen.only in {None, what}

    def show(title: str, measure: Callable[[], list[Figure]]) -> None:
        say(f"{fleet.technicians:,}, {title.lower()}")
        figures = attempts.make(title, measure) or []
        if figures:
            print(table(title, figures), flush=True)
        seen.figures += figures

    # The report's rivals tell of nearest by themselves.
    nearest = wanted("nearest") and not _is_reported(chosen)
    if chosen.only in _REPORTED or not (everything or nearest):
        return
    with ExitStack() as services:
        client = services.enter_context(Client())
        bench = Bench(app_url, Pgbench(chosen.pg_bin, app_url, fleet), client, fleet, chosen.seconds, chosen.rounds)
        # Where refusals are not what is measured, a busy machine must not make any.
        patient = {**environment, "GEO_ASSIGN_QUEUE_S": "30"}
        port = services.enter_context(serving(patient, chosen.logs / "bench-api.log"))
        if nearest:
            show("Nearest", lambda: bench.nearest(port))
        if wanted("overload") and everything and not chosen.quick:
            with serving(environment, chosen.logs / "bench-overload.log") as hasty:
                show("Too much", lambda: bench.overload(hasty))
        if wanted("layers") and everything and not chosen.quick:
            attempts.make("layers", lambda: _show_layers(environment, fleet, bench.nearest_p50_us(port)))
        if wanted("batches") and everything:
            show("Positions", lambda: bench.batches(port))
        if wanted("pings") and everything:
            apart = {**patient, "GEO_ASSIGN_GROUP_PINGS_MS": "0"}
            ungrouped = services.enter_context(serving(apart, chosen.logs / "bench-ungrouped.log"))
            show("Single pings", lambda: bench.single_pings(grouped=port, ungrouped=ungrouped))


def _show_worker(chosen: argparse.Namespace, environment: dict[str, str], fleet: Fleet) -> None:
    owner_url = os.environ["GEO_ASSIGN_ADMIN_DATABASE_URL"]
    for workers in (1, 2):
        drained = drain(environment, owner_url, fleet, offers=chosen.offers, workers=workers)
        print(drained.told(workers), flush=True)


def _show_deliveries(chosen: argparse.Namespace, environment: dict[str, str], fleet: Fleet) -> None:
    owner_url = os.environ["GEO_ASSIGN_ADMIN_DATABASE_URL"]
    for each in (1, 10):
        sent = send_backlog(environment, owner_url, fleet, deliveries=chosen.deliveries, each=each, workers=1)
        print(sent.told(1, each), flush=True)


def _show_viewers(chosen: argparse.Namespace, environment: dict[str, str], fleet: Fleet) -> None:
    """Pings from 64 connections, without viewers and with them in turn."""
    settings = {**environment, "GEO_ASSIGN_STREAMS": "1000", "GEO_ASSIGN_RATE_LIMITS": "off"}
    with ExitStack() as services:
        client = services.enter_context(Client())
        port = services.enter_context(serving(settings, chosen.logs / "bench-api.log"))
        for _ in range(chosen.rounds):
            calm = pings(client, port, fleet, chosen.seconds)
            with watching(port, fleet, chosen.viewers) as heard:
                beside = pings(client, port, fleet, chosen.seconds)
            print(
                f"{heard.viewers} viewers: {beside.per_s / calm.per_s:.2f} of {calm.per_s:,.0f} pings/s, p50 "
                f"{beside.p50_us / calm.p50_us:.2f} x; {len(heard.late_s):,} events, p99 {heard.p99_s:.2f} s late",
                flush=True,
            )


def _show_layers(environment: dict[str, str], fleet: Fleet, over_http_us: float) -> None:
    question = Nearest(fleet, connections=1, each=LAYERED_REQUESTS)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        layers = process.submit(measure_layers, {**without_settings(), **environment}, question).result()
    server = {"server, client and the way between": over_http_us - layers[WHOLE], "over HTTP": over_http_us}
    print(layer_table({**layers, **server}), flush=True)


_ALONE = {"worker": _show_worker, "deliveries": _show_deliveries, "viewers": _show_viewers}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
