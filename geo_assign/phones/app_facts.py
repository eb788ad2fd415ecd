"""What a technician's app must know: where the technician works, by which rules, and who sees what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Organization
from geo_assign.access.queries import get_organization
from geo_assign.core.db import Tx
from geo_assign.core.spans import Span
from geo_assign.workforce.domain import Store
from geo_assign.workforce.hours_exceptions import list_away, list_working_times
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import list_rules_for
from geo_assign.workforce.working_time import midnight, working_spans

PRIVACY_TEXTS = {
    "off_duty": "Off duty no position of yours is kept or shown. People see that you are off duty, and when you were "
    "last seen.",
    "on_duty": "On duty, dispatchers and administrators of your stores and groups see where you are.",
    "coarse": "Where a store says so, people who have no work of yours see you only to about a kilometre.",
    "customer": "Customers may see how many visits you make before theirs on the day, and, once you say that you "
    "are travelling, your way to them.",
    "views": "Each look at where you are is written down. You can read who looked, when and how.",
    "retention": "Your track is deleted after {days} days.",
    "export": "You can take along all that is kept about you, and an administrator can erase it.",
}
"""Who sees what of a technician, and when: sentences that an app shows. `{days}` is the retention of the track."""

_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class AppStore:
    """A store whose work the technician may be given, with the rules that its offers follow."""

    store: Store
    may_accept: bool
    may_reject: bool
    answer_within_s: float
    phone: str | None


@dataclass(frozen=True, slots=True)
class AppFacts:
    """What the app of a technician must know. `freshness_s`: the least age at which a position is too old.

    `working_times` and `time_off` reach from the last midnight of the home store two weeks ahead: they change once a
    day, and whenever they are edited.
    """

    technician_id: UUID
    technician_name: str
    organization: Organization
    stores: Sequence[AppStore]
    freshness_s: float
    working_times: Sequence[Span]
    time_off: Sequence[Span]


def get_app_facts(tx: Tx, technician_id: UUID) -> AppFacts:
    """Raises NotFoundError."""
    technician = get_technician(tx, EVERYTHING, technician_id)
    rules = list_rules_for(tx, technician)
    working_times, time_off = _list_times(tx, technician_id)
    return AppFacts(
        technician_id=technician.id,
        technician_name=technician.name,
        organization=get_organization(tx),
        stores=[
            AppStore(
                store=one.store,
                may_accept=one.settings.lead_acceptance,
                may_reject=one.settings.lead_rejection,
                answer_within_s=one.settings.lead_time_tat_minutes * 60,
                phone=one.settings.phone,
            )
            for one in rules
        ],
        freshness_s=min((one.settings.freshness_s for one in rules), default=tx.defaults.freshness_s),
        working_times=working_times,
        time_off=time_off,
    )


def _list_times(tx: Tx, technician_id: UUID) -> tuple[list[Span], list[Span]]:
    """Working times and time off, from the last local midnight on."""
    now = tx.now()
    working = list_working_times(tx, [technician_id], (now, now + _AHEAD))[technician_id]
    today = midnight(now.astimezone(working.zone).date(), working.zone)
    within = (today, today + _AHEAD)
    working = list_working_times(tx, [technician_id], within)[technician_id]
    return working_spans(working, within), list_away(tx, [technician_id], within).get(technician_id, [])


def privacy_texts(*, retention_days: int) -> dict[str, str]:
    """The sentences of `PRIVACY_TEXTS`, complete."""
    return {code: text.format(days=retention_days) for code, text in PRIVACY_TEXTS.items()}
