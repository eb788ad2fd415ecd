"""What is accepted of a slot and is probably a mistake: told with the answer, never refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from geo_assign.workorders.domain.orders import WorkOrder

_LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Warned:
    """A member that was accepted all the same: a code, its JSON pointer, and a sentence."""

    code: str
    pointer: str
    detail: str


def slot_warnings(order: WorkOrder, at: datetime) -> tuple[Warned, ...]:
    """What is doubtful about a slot that was given; nothing where the work is wanted as soon as possible."""
    if not order.slot_is_fixed:
        return ()
    doubts = (
        (order.slot_end <= at, _OVER),
        (order.slot_end - order.slot_start > _LONGEST, _LONG),
    )
    return tuple(warned for holds, warned in doubts if holds)


_OVER = Warned("slot_over", "/slot/end", "The slot is over, so no technician is sent to it by automation.")
_LONG = Warned("slot_long", "/slot/end", "The slot is longer than 31 days.")
