"""How automation searches: how far around the customer, how many technicians at once, and when it gives up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from geo_assign.workforce.store_settings import StoreSettings
from geo_assign.workorders.domain import Kind, WorkOrder

Trigger = Literal["off", "suggest", "on"]


def trigger_for(settings: StoreSettings, kind: Kind) -> Trigger:
    """What the store wants of automation for leads, or for tickets."""
    of_kind: dict[Kind, Trigger] = {
        Kind.LEAD: settings.lead_auto_user_assignment,
        Kind.TICKET: settings.ticket_auto_user_assignment,
    }
    return of_kind[kind]


def slot_has_passed(order: WorkOrder, settings: StoreSettings, at: datetime) -> bool:
    """Whether automation comes too late for a slot: it is over, or began longer ago than the store's grace.

    Never where the work is wanted as soon as possible.
    """
    return order.slot_is_fixed and (order.slot_end <= at or order.slot_start + settings.slot_grace < at)


@dataclass(frozen=True, slots=True)
class Ring:
    """How far a search reaches, in metres, and until when; the last one is as wide as the store allows."""

    radius_m: float
    widens_at: datetime | None = None
    next_radius_m: float | None = None


def ring_at(settings: StoreSettings, started_at: datetime, at: datetime) -> Ring:
    """The ring of a search that `started_at`, at `at`. Where the store does not widen there is only one."""
    radii = _radii(settings)
    every = timedelta(minutes=settings.widening_every_minutes)
    step = max(0, (at - started_at) // every)
    if step >= len(radii) - 1:
        return Ring(radii[-1])
    return Ring(radii[step], started_at + (step + 1) * every, radii[step + 1])


def _radii(settings: StoreSettings) -> list[float]:
    if settings.offer_policy != "widening":
        return [settings.radius_m]
    return [*(radius_m for radius_m in settings.widening_radii_m if radius_m < settings.radius_m), settings.radius_m]


def parallel_limit(settings: StoreSettings) -> int:
    """How many offers are open at the same time."""
    return settings.parallel_offers if settings.offer_policy == "parallel" else 1


def offers_to_add(settings: StoreSettings, *, declined: int, open_offers: int) -> int:
    """How many offers may be added to the open ones, after so many that were declined."""
    wanted = parallel_limit(settings) - open_offers
    if settings.offers_before_alarm is not None:
        wanted = min(wanted, settings.offers_before_alarm - declined - open_offers)
    return max(0, wanted)


def is_exhausted(settings: StoreSettings, *, declined: int) -> bool:
    """Whether so many technicians declined that a person has to decide."""
    return settings.offers_before_alarm is not None and declined >= settings.offers_before_alarm
