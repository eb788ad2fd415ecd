"""The worker: looks for due rows at every sweep and does what they ask for.

It keeps nothing in memory that matters: killed between any two steps, the next worker finds the same rows. Geocoding
and webhooks wait for others' servers, so they have threads of their own and never hold up a deadline.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from uuid import UUID

from prometheus_client import start_http_server

from geo_assign.access.tasks import sweep_expired
from geo_assign.core.db import Database
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import get_logger, registry
from geo_assign.dispatch.flows import DispatchService
from geo_assign.dispatch.tasks import geocode_and_evaluate
from geo_assign.geocoding.tasks import sweep_expired_outcomes
from geo_assign.positions.tasks import keep_track
from geo_assign.privacy.tasks import sweep_old_views
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.tasks import Deliveries, expire_deliveries, forget_old
from geo_assign.workorders.queries import due

_log = get_logger()

_GEOCODERS = 4
_HOUSEKEEPING = timedelta(minutes=10)


@dataclass
class Worker:
    """One worker process. `worker` is the sweeping role's database."""

    settings: Settings
    worker: Database
    dispatch: DispatchService
    sender: Sender
    stop: threading.Event = field(default_factory=threading.Event)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_GEOCODERS, "geocoding"))
    _locating: dict[UUID, Future[None]] = field(default_factory=dict)
    _housekeeping_due: float = 0.0
    _deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        self._deliveries = Deliveries(self.worker, self.sender, self.stop)

    def run(self) -> None:
        """Sweep until `stop` is set; an error in one sweep is logged and the next one tries again."""
        while not self.stop.is_set():
            self.run_once()
            self.stop.wait(self.settings.sweep_interval_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._deliveries.close()

    def run_once(self) -> None:
        """One sweep: deadlines first, then waiting work, then addresses, webhooks and housekeeping."""
        self._each("offer_expiry", due.list_overdue_offers, self.dispatch.expire)
        self._each("evaluation", due.list_due_evaluations, self.dispatch.evaluate)
        self._guard("geocoding", self._start_geocoding)
        self._guard("webhooks", self._deliveries.sweep)
        if monotonic() >= self._housekeeping_due:
            self._housekeeping_due = monotonic() + _HOUSEKEEPING.total_seconds()
            self._keep_house()

    def _each(
        self, name: str, due: Callable[[Database], Sequence[tuple[UUID, UUID]]], act: Callable[[UUID, UUID], object]
    ) -> None:
        def sweep() -> None:
            for org_id, row_id in due(self.worker):
                if self.stop.is_set():
                    return
                self._guard(name, lambda org_id=org_id, row_id=row_id: act(org_id, row_id))  # type: ignore[misc]

        self._guard(name, sweep)

    def _start_geocoding(self) -> None:
        self._locating = {order_id: job for order_id, job in self._locating.items() if not job.done()}
        for org_id, order_id in due.list_due_geocoding(self.worker):
            if order_id not in self._locating:
                self._locating[order_id] = self._pool.submit(self._geocode, org_id, order_id)

    def _geocode(self, org_id: UUID, order_id: UUID) -> None:
        self._guard("geocoding", lambda: geocode_and_evaluate(self.dispatch, org_id, order_id))

    def _keep_house(self) -> None:
        retention = timedelta(days=self.settings.track_retention_days)
        self._guard("track", lambda: keep_track(self.worker, retention=retention))
        self._guard("expired_credentials", lambda: sweep_expired(self.worker))
        self._guard("expired_geocoding", lambda: sweep_expired_outcomes(self.worker))
        self._guard("expired_deliveries", lambda: expire_deliveries(self.worker))
        self._guard("old_deliveries", lambda: forget_old(self.worker))
        self._guard("old_location_views", lambda: sweep_old_views(self.worker))

    def _guard(self, name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception:  # noqa: BLE001 - one sweep that fails must not end the others
            _log.exception("sweep_failed", task=name)


def run_worker(settings: Settings, worker: Database, dispatch: DispatchService, sender: Sender) -> None:
    """Run until SIGTERM or SIGINT."""
    process = Worker(settings, worker, dispatch, sender)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop.set())
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, settings.host, registry=registry)
    _log.info("worker_started", sweep_interval_s=settings.sweep_interval_s)
    process.run()
    _log.info("worker_stopped")
