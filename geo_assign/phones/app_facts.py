"""What a technician's app must know: where the technician works, by which rules, and who sees what."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from geo_assign.access.domain import EVERYTHING, Organization
from geo_assign.access.queries import get_organization
from geo_assign.core.db import Tx
from geo_assign.workforce.domain import Store
from geo_assign.workforce.queries import get_technician
from geo_assign.workforce.store_rules import list_rules_for

PRIVACY_TEXTS = {
    "off_duty": "Off duty no position of yours is kept or shown. People see that you are off duty, and when you were "
    "last seen.",
    "on_duty": "On duty, dispatchers and administrators of your stores and groups see where you are.",
    "coarse": "Where a store says so, people who have no work of yours see you only to about a kilometre.",
    "customer": "The customers whom you visit may follow your way to them once you say that you are travelling.",
    "views": "Each look at where you are is written down. You can read who looked, when and how.",
    "retention": "Your track is deleted after {days} days.",
    "export": "You can take along all that is kept about you, and an administrator can erase it.",
}
"""Who sees what of a technician, and when: sentences that an app shows. `{days}` is the retention of the track."""


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
    """What the app of a technician must know. `freshness_s`: the least age at which a position is too old."""

    technician_id: UUID
    technician_name: str
    organization: Organization
    stores: Sequence[AppStore]
    freshness_s: float


def get_app_facts(tx: Tx, technician_id: UUID) -> AppFacts:
    """Raises NotFoundError."""
    technician = get_technician(tx, EVERYTHING, technician_id)
    rules = list_rules_for(tx, technician)
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
    )


def privacy_texts(*, retention_days: int) -> dict[str, str]:
    """The sentences of `PRIVACY_TEXTS`, complete."""
    return {code: text.format(days=retention_days) for code, text in PRIVACY_TEXTS.items()}
