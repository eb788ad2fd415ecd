"""Why no technician has a work order: one frozen value per reason, with what a dispatcher has to know of it.

The JSON of such a value is the `pending_detail` of a work order. Reading answers it as it was stored, but for
`without_strangers`; `PendingDetail` names every member that any reason may have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Protocol, TypedDict
from uuid import UUID

from geo_assign.core.wire import FreeText, Json, JsonObject, dump, members, to_json
from geo_assign.workorders.domain.states import PendingReason, WithdrawnBecause

TECHNICIAN = "The technician concerned."
TECHNICIAN_NAME = "The technician's name."

_Code = Annotated[str | None, "Why the address has no accepted location."]
_Sentence = Annotated[FreeText | None, "What the geocoder said, as a sentence."]


@dataclass(frozen=True, slots=True)
class BrokenCrew:
    """A crew that did not come about: automation leaves the order to the person who put it together."""

    collaborators: Annotated[int, "How many technicians were to come along."]
    because: Annotated[WithdrawnBecause, "Why they do not."]


_Crew = Annotated[BrokenCrew | None, "The crew that the order had; it waits for a person to put another one together."]


@dataclass(frozen=True, slots=True)
class ExcludedTechnician:
    """A technician who cannot go, with the codes of what stands in the way."""

    technician_id: UUID
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchRing:
    """How far the search reaches, in metres, and when it is going to reach farther."""

    radius_m: float
    widens_at: datetime
    next_radius_m: Annotated[float | None, "Null: as far as the store allows."]


class PendingCause(Protocol):
    """Why a work order is pending: the code, and what is known of it as JSON."""

    @property
    def reason(self) -> PendingReason: ...

    def as_json(self, *, sent: bool = False) -> dict[str, Json]: ...


class _Cause:
    __slots__ = ()
    reason: ClassVar[PendingReason]

    def as_json(self, *, sent: bool = False) -> dict[str, Json]:
        return dump(self, sent=sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsLocation(_Cause):
    """No address was accepted."""

    reason = PendingReason.NEEDS_LOCATION
    code: _Code = None
    detail: _Sentence = None
    crew: _Crew = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapKeyMissing(_Cause):
    """Neither store, group nor organization has a map key."""

    reason = PendingReason.MAP_KEY_MISSING
    code: _Code = None
    detail: _Sentence = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GeocoderUnavailable(_Cause):
    """The geocoder failed, refused the key or asked to wait."""

    reason = PendingReason.GEOCODER_UNAVAILABLE
    code: _Code = None
    detail: _Sentence = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyEligible(_Cause):
    """Every technician is excluded, or the next one is about to be asked."""

    reason = PendingReason.NOBODY_ELIGIBLE
    counts: Annotated[Mapping[str, int] | None, "How many technicians are excluded, by code."] = None
    counts_of: Annotated[str | None, "Whose technicians are counted: `group` or `store`."] = None
    members: Annotated[int | None, "How many technicians of that group or store were looked at."] = None
    nearest: Annotated[
        tuple[ExcludedTechnician, ...] | None, "The nearest three of that group or store who are excluded."
    ] = None
    ring: Annotated[SearchRing | None, "How far a widening search reaches at present."] = None
    withdrawn: Annotated[WithdrawnBecause | None, "Why the open offers were withdrawn."] = None
    crew: _Crew = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationOff(_Cause):
    """The store's trigger is off."""

    reason = PendingReason.AUTOMATION_OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested(_Cause):
    """The store's trigger suggests: a person decides."""

    reason = PendingReason.SUGGESTED
    technician_id: Annotated[UUID, TECHNICIAN]
    technician_name: Annotated[str, TECHNICIAN_NAME]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassigned(_Cause):
    """A person took it back, a group sent it back, or it is a ticket that automation leaves alone."""

    reason = PendingReason.UNASSIGNED
    rejected_by: Annotated[str | None, "The name of the group that sent it back."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTaken(_Cause):
    """The technician named in the lead has other work at that time."""

    reason = PendingReason.WANTED_TAKEN
    wanted: Annotated[UUID, "The technician named in the lead."]
    counts: Annotated[Mapping[str, int], "How many technicians are excluded, by code."]


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersExhausted(_Cause):
    """As many technicians were asked in vain as the store allows."""

    reason = PendingReason.OFFERS_EXHAUSTED
    asked: Annotated[int, "How many technicians were asked in vain."]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBeSolved(_Cause):
    """Collected, to be assigned together with other leads."""

    reason = PendingReason.TO_BE_SOLVED
    until: Annotated[datetime, "When they are assigned."]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPassed(_Cause):
    """The slot is over, or began longer ago than the store's grace: automation sends no technician any more."""

    reason = PendingReason.SLOT_PASSED


@dataclass(frozen=True, slots=True)
class SameCause:
    """The cause that an order was pending for before, as it was stored; with its crew, if that broke meanwhile."""

    reason: PendingReason
    stored: "PendingDetail | None"
    crew: BrokenCrew | None = None

    def as_json(self, *, sent: bool = False) -> dict[str, Json]:
        free_text = {member.name for member in members(CAUSES[self.reason]) if member.free_text} if sent else set()
        kept = {name: to_json(value) for name, value in (self.stored or {}).items() if name not in free_text}
        return kept if self.crew is None else kept | {"crew": dump(self.crew)}


CAUSES: Mapping[PendingReason, type[_Cause]] = {
    cause.reason: cause
    for cause in (
        NeedsLocation,
        MapKeyMissing,
        GeocoderUnavailable,
        NobodyEligible,
        AutomationOff,
        Suggested,
        Unassigned,
        WantedTaken,
        OffersExhausted,
        ToBeSolved,
        SlotPassed,
    )
}
"""The values by their code."""


_CHANGING = frozenset({"counts", "counts_of", "members", "nearest", "ring"})


def is_told_as(detail: Mapping[str, object], stored: Mapping[str, object]) -> bool:
    """Whether the details of one reason differ only in what changes by itself, as technicians come and go."""

    def lasting(one: Mapping[str, object]) -> Mapping[str, object]:
        kept = {name: value for name, value in one.items() if name not in _CHANGING}
        return kept | {"counted": "counts" in one}

    return lasting(detail) == lasting(stored)


_OF_OTHERS = "wrong_group"
"""The exclusion code of a technician of another store or group. Older versions named such technicians, too."""


def without_strangers(told: JsonObject) -> JsonObject:
    """A reason's detail, or what holds one as its `detail`, without technicians of other stores and groups.

    Every read of stored details goes through this: their readers see the order and need not see those technicians.
    """
    nearest, detail = told.get("nearest"), told.get("detail")
    kept = dict(told)
    if isinstance(nearest, list):
        kept["nearest"] = [one for one in nearest if not _is_stranger(one)]
    if isinstance(detail, Mapping):
        kept["detail"] = without_strangers(detail)
    return kept


def _is_stranger(excluded: Json) -> bool:
    reasons = excluded.get("reasons") if isinstance(excluded, Mapping) else None
    return isinstance(reasons, list) and _OF_OTHERS in reasons


class PendingDetail(TypedDict, total=False):
    """What is known of a pending order's reason, as it is stored and shown; which members there are hangs on it."""

    code: str
    detail: str
    crew: "BrokenCrewDetail"
    counts: Mapping[str, int]
    counts_of: str
    members: int
    nearest: Sequence["ExcludedTechnicianDetail"]
    ring: "SearchRingDetail"
    withdrawn: str
    technician_id: str
    technician_name: str
    rejected_by: str
    wanted: str
    asked: int
    until: str


class BrokenCrewDetail(TypedDict):
    """A `BrokenCrew` as JSON."""

    collaborators: int
    because: str


class ExcludedTechnicianDetail(TypedDict):
    """An `ExcludedTechnician` as JSON."""

    technician_id: str
    name: str
    reasons: Sequence[str]


class SearchRingDetail(TypedDict):
    """A `SearchRing` as JSON."""

    radius_m: float
    widens_at: str
    next_radius_m: float | None
