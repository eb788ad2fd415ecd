"""The worker: looks for due rows and does what they ask for.

It keeps nothing in memory that matters: killed between any two steps, the next worker finds the same rows.

Each kind of work is a lane with threads of its own. Deadlines share theirs, and their connections, with nothing else:
neither evaluations nor geocoding, neither the fan-out of events nor their sending nor housekeeping holds one up. Within
a lane organizations take turns, and so do the stores of one.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from geo_assign import __version__
from geo_assign.access.mailing import Postman, make_postman
from geo_assign.access.tasks import list_due_mails, sweep_expired
from geo_assign.completion.folder import ImageFolder
from geo_assign.completion.tasks import sweep_orphaned_files
from geo_assign.core.db import Database
from geo_assign.core.lanes import BackgroundLane, Due, DueRows, Repeated, guarded, one_by_one, sample_lag
from geo_assign.core.monitoring import monitored
from geo_assign.core.settings import Settings
from geo_assign.core.telemetry import build_info, get_logger, sample_with
from geo_assign.dispatch.flows import DispatchService
from geo_assign.dispatch.freed import FreedTechnicians
from geo_assign.dispatch.tasks import calibrate_etas, close_overdue, evaluate, geocode, sweep_old_previews, wake
from geo_assign.figures import EVERY_S, take_figures
from geo_assign.geocoding.tasks import sweep_expired_outcomes
from geo_assign.handover.tasks import sweep_expired_notes
from geo_assign.insight.tasks import list_stores_to_sum, sum_store
from geo_assign.phones.push_lane import PushLane
from geo_assign.phones.push_sender import PushSender
from geo_assign.pins.tasks import sweep_old_evidence
from geo_assign.positions.tasks import keep_track
from geo_assign.privacy.tasks import sweep_old_views
from geo_assign.push.commands import forget_ended_subscriptions
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.tasks import Deliveries, expire_deliveries, forget_old
from geo_assign.widget.tasks import sweep_spent_challenges
from geo_assign.workforce.duties import list_duties_without_session
from geo_assign.workforce.work_checks import list_due_work_checks, list_ended_agreements
from geo_assign.workorders.commands.undo_steps import sweep_undo_steps
from geo_assign.workorders.queries import due

_log = get_logger()

_THREADS = {
    "offer_expiry": 4,
    "geocoding": 5,
    "evaluation": 3,
    "waking": 2,
    "ended_agreements": 2,
    "work_checks": 2,
    "ended_duties": 2,
    "mails": 3,
    "insight": 2,
}
"""Threads of a lane. Geocoding waits for others' servers; an evaluation is the database's work."""
_EVALUATED_TOGETHER = 16
_LANES = 12  # but waking, which looks at no table
_ENDS_WITHIN_S = 5.0
_SUMS_EVERY_S = 60.0
_HOUSEKEEPING = timedelta(minutes=10)
# An order that another transaction holds is tried again a moment later: waiting for it would keep a thread from others.
_DEADLINE_LOCK_MS = 1_000

_Act = Callable[[UUID, UUID], object]


@dataclass
class Worker:
    """One worker process. `worker` is the sweeping role's database, with a connection for each lane.

    `deadlines` closes what has expired, with connections of its own; `dispatch` does all else. `postman` is None where
    there is no mail server.
    """

    settings: Settings
    worker: Database
    deadlines: DispatchService
    dispatch: DispatchService
    sender: Sender
    postman: Postman | None = None
    pushes: PushSender | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    lanes: tuple[BackgroundLane, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._closing: list[Callable[[], None]] = []
        every_s, self._deliveries = self.settings.sweep_interval_s, Deliveries(self.worker, self.sender, self.stop)
        evaluations = DueRows(
            "evaluation",
            partial(due.list_due_evaluations, self.worker),
            partial(evaluate, self.dispatch),
            _THREADS["evaluation"],
            every_s,
            together=_EVALUATED_TOGETHER,
        )
        freed = FreedTechnicians()
        tries = one_by_one(partial(wake, self.dispatch, freed))
        wakings = DueRows("waking", freed.list_due, tries, _THREADS["waking"], every_s)

        def then_look(act: _Act, *lanes: DueRows) -> _Act:
            def acts(org_id: UUID, row_id: UUID) -> object:
                result = act(org_id, row_id)
                for lane in lanes:
                    lane.look()
                return result

            return acts

        close = then_look(partial(close_overdue, self.deadlines, freed), evaluations, wakings)
        self.lanes = (
            self._due_rows("offer_expiry", due.list_stores_with_overdue_offers, close),
            self._due_rows(
                "geocoding", due.list_due_geocoding, then_look(partial(geocode, self.dispatch), evaluations)
            ),
            evaluations,
            wakings,
            self._due_rows("ended_agreements", list_ended_agreements, self.dispatch.end_agreement),
            self._due_rows("work_checks", list_due_work_checks, self.dispatch.check_work),
            self._due_rows("ended_duties", list_duties_without_session, self.dispatch.settle_duty),
            *([] if self.postman is None else [self._due_rows("mails", list_due_mails, self.postman.send)]),
            self._due_rows("insight", list_stores_to_sum, partial(sum_store, self.dispatch.database), _SUMS_EVERY_S),
            Repeated("webhooks", self._deliveries.sweep, every_s),
            *self._push_lanes(),
            Repeated("figures", partial(take_figures, self.worker), EVERY_S),
            Repeated("housekeeping", self._keep_house, _HOUSEKEEPING.total_seconds()),
        )

    def _push_lanes(self) -> tuple[BackgroundLane, ...]:
        if self.pushes is None or self.pushes.keys is None:
            return ()
        lane = PushLane(self.worker, self.pushes, self.stop)
        self._closing.append(lane.close)
        return (Repeated("push", lane.sweep, self.settings.sweep_interval_s),)

    def is_alive(self) -> bool:
        """Whether every lane goes on."""
        return all(lane.is_alive for lane in self.lanes)

    def run(self) -> None:
        """Work until `stop` is set; an error in one step is logged, and what it left is due again."""
        for lane in self.lanes:
            lane.start()
        self.stop.wait()
        for lane in self.lanes:
            lane.close()
        self._deliveries.close()
        for close in self._closing:
            close()
        for lane in self.lanes:
            lane.join(_ENDS_WITHIN_S)

    def _due_rows(
        self, name: str, list_due: Callable[[Database], Due], act: _Act, every_s: float | None = None
    ) -> DueRows:
        """A lane that works on one row in a step; as often as the worker sweeps, unless `every_s` says otherwise."""
        seconds = self.settings.sweep_interval_s if every_s is None else every_s
        return DueRows(name, partial(list_due, self.worker), one_by_one(act), _THREADS[name], seconds)

    def _keep_house(self) -> None:
        retention = timedelta(days=self.settings.track_retention_days)
        steps: dict[str, Callable[[], object]] = {
            "track": lambda: keep_track(self.worker, retention=retention),
            "expired_credentials": lambda: sweep_expired(self.worker),
            "expired_geocoding": lambda: sweep_expired_outcomes(self.worker),
            "expired_deliveries": lambda: expire_deliveries(self.worker),
            "old_deliveries": lambda: forget_old(self.worker),
            "ended_push_subscriptions": lambda: forget_ended_subscriptions(self.worker),
            "spent_challenges": lambda: sweep_spent_challenges(self.worker),
            "old_undo_steps": lambda: sweep_undo_steps(self.worker),
            "expired_notes": lambda: sweep_expired_notes(self.worker),
            "eta_factors": lambda: calibrate_etas(self.worker, self.dispatch.database, self.dispatch.drives),
            "old_pin_evidence": lambda: sweep_old_evidence(self.worker, retention=retention),
            "old_previews": lambda: sweep_old_previews(self.worker),
            "old_location_views": lambda: sweep_old_views(self.worker),
        }
        if self.settings.image_dir is not None:
            folder = ImageFolder(self.settings.image_dir)
            steps["orphaned_images"] = lambda: sweep_orphaned_files(self.worker, folder)
        for name, step in steps.items():
            with guarded(name):
                step()


@contextmanager
def open_worker(
    settings: Settings, dispatch: DispatchService, sender: Sender, pushes: PushSender | None = None
) -> Iterator[Worker]:
    """A worker with the connections that it needs beside those of `dispatch`. `worker_database_url` is set."""
    assert settings.worker_database_url is not None
    worker = Database(settings.worker_database_url.get_secret_value(), pool_size=_LANES, name="worker")
    of_application = settings.database_url.get_secret_value()
    pool_size = _THREADS["offer_expiry"]
    deadlines = Database(of_application, pool_size=pool_size, lock_ms=_DEADLINE_LOCK_MS, name="deadlines")
    try:
        postman = make_postman(settings, dispatch.database)
        yield Worker(settings, worker, replace(dispatch, database=deadlines), dispatch, sender, postman, pushes)
    finally:
        deadlines.close()
        worker.close()


def run_worker(settings: Settings, dispatch: DispatchService, sender: Sender, pushes: PushSender) -> None:
    """Run until SIGTERM or SIGINT."""
    with open_worker(settings, dispatch, sender, pushes) as process:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: process.stop.set())
        build_info.labels(__version__).set(1)
        sample_with("lanes", partial(sample_lag, process.lanes))
        with monitored(settings.host, settings.worker_metrics_port, process.is_alive) as port:
            _log.info("worker_started", sweep_interval_s=settings.sweep_interval_s, metrics_port=port)
            process.run()
        _log.info("worker_stopped")
