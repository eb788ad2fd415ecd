"""One technician in a decision, in values and in a sentence. Pure: what is read from the database comes as arguments.

`coarse` are the technicians whose distances the reader may know to a hundred metres only. Ranks stay exact.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from geo_assign.core.wire import Json
from geo_assign.matching.domain import ExclusionCode
from geo_assign.matching.filters import FILTERS, Adjustment, Sufficient
from geo_assign.receipts.coarse import shown_m
from geo_assign.receipts.domain import CandidateEntry, Decision, ExcludedEntry, ReasonEntry

M = TypeVar("M", CandidateEntry, ExcludedEntry)
Reasons = Sequence[ReasonEntry]


@dataclass(frozen=True, slots=True)
class Why:
    """One technician in a decision. `gap_m`: how much farther away than the first candidate; `reasons`: of exclusion.

    `reconstructed`: the receipt does not name the technician, who was judged as things stood then, as far as that is
    kept; `unknown`: the track of that day is gone (`track_expired`) and no other reason is known.
    """

    technician_id: UUID
    name: str
    verdict: Literal["chosen", "candidate", "excluded", "not_considered", "unknown"]
    rank: int | None = None
    distance_m: float | None = None
    gap_m: float | None = None
    reasons: Reasons = ()
    sentence: str = ""
    reconstructed: bool = False
    track_expired: bool = False


@dataclass(frozen=True, slots=True)
class Sufficing:
    """What would have sufficed against every reason, in words; `changes`: as values of the question.

    `countable`: all of it changes the question, so it can be asked whom else it would have let in.
    """

    words: str
    changes: Mapping[Adjustment, Json]
    countable: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """What would have let a technician go, and as which one; `rank` None: it is not known whom else it lets in."""

    words: str
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class VerdictSubject:
    """The technician that a verdict is about, in one decision.

    `first_is_hidden`: the reader does not see the first candidate, whose distance a gap to it would tell.
    """

    decision: Decision
    technician_id: UUID
    name: str
    coarse: Collection[UUID] = ()
    first_is_hidden: bool = False

    @property
    def candidate(self) -> CandidateEntry | None:
        """The technician's entry among the receipt's candidates."""
        return _find(self.decision.candidates, self.technician_id)

    @property
    def excluded(self) -> ExcludedEntry | None:
        """The technician's entry among the receipt's excluded."""
        return _find(self.decision.excluded, self.technician_id)

    def shown_m(self, distance_m: float) -> float:
        """This technician's distance as the reader may know it."""
        return shown_m(distance_m, coarse=self.technician_id in self.coarse)

    def gap_m(self, distance_m: float) -> float | None:
        """How much farther away than the first candidate, from the distances as shown; None where it is not told."""
        if not self.decision.candidates or self.first_is_hidden:
            return None
        first = self.decision.candidates[0]
        nearest_m = shown_m(first["distance_m"], coarse=UUID(first["technician_id"]) in self.coarse)
        return max(0.0, self.shown_m(distance_m) - nearest_m)


def as_candidate(subject: VerdictSubject, entry: CandidateEntry) -> Why:
    """A technician whom the receipt names among the candidates."""
    name, rank, chosen = subject.name, entry["rank"], subject.decision.chosen_technician_id == subject.technician_id
    distance_m, gap_m = subject.shown_m(entry["distance_m"]), subject.gap_m(entry["distance_m"])
    drive = entry.get("drive")
    if chosen:
        far = f"{distance_m / 1000:.1f} km away" if drive is None else f"{_minutes(drive['seconds'])} by road"
        sentence = f"{name} was {subject.decision.outcome}: number {rank}, {far}."
    else:
        sentence = f"{name} could go, but was number {rank}{_behind(subject, entry, gap_m)}."
    verdict: Literal["chosen", "candidate"] = "chosen" if chosen else "candidate"
    return Why(subject.technician_id, name, verdict, rank=rank, distance_m=distance_m, gap_m=gap_m, sentence=sentence)


def _behind(subject: VerdictSubject, entry: CandidateEntry, gap_m: float | None) -> str:
    """How a candidate who was not the first is behind: by time where a router told it, to the minute."""
    first, own = subject.decision.candidates[0].get("drive"), entry.get("drive")
    if first is not None and own is None:
        return ": the router knows no road from there"
    if gap_m is None:
        return ""
    if first is None or own is None:
        return f": {gap_m:.0f} m farther than the first"
    return f": {_minutes(own['seconds'] - first['seconds'])} later than the first"


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds / 60))} min"


def as_farther(subject: VerdictSubject, distance_m: float) -> Why:
    """A technician who could have gone and whom the receipt does not name, because it names the nearest only."""
    by_drive_time, candidates = subject.decision.is_by_drive_time, subject.decision.candidates
    rank = 1 + sum(by_drive_time or one["distance_m"] <= distance_m for one in candidates)
    gap_m = subject.gap_m(distance_m)
    if not candidates:
        behind = "no other technician could"
    elif by_drive_time:
        behind = "was behind those whom the router put first"
    else:
        behind = "others were nearer" if gap_m is None else f"was {gap_m:.0f} m farther than the first"
    return Why(
        subject.technician_id,
        subject.name,
        "candidate",
        rank=rank,
        distance_m=subject.shown_m(distance_m),
        gap_m=gap_m,
        sentence=f"{subject.name} could have gone, and {behind}: number {rank} or later.",
        reconstructed=True,
    )


def as_excluded(
    subject: VerdictSubject,
    reasons: Reasons,
    distance_m: float | None,
    *,
    promise: Promise | None = None,
    reconstructed: bool = False,
    track_expired: bool = False,
) -> Why:
    """A technician who could not go. `reasons` as they are shown; `distance_m` exact, None where it is not told."""
    words = "; ".join(reason["detail"] for reason in reasons)
    sentence = f"{subject.name} could not go: {words}."
    if promise is not None:
        so = "Could go" if promise.rank is None else f"Number {promise.rank}"
        sentence += f" {so} if {promise.words}."
    return Why(
        subject.technician_id,
        subject.name,
        "excluded",
        distance_m=None if distance_m is None else subject.shown_m(distance_m),
        reasons=reasons,
        sentence=sentence,
        reconstructed=reconstructed,
        track_expired=track_expired,
    )


def as_not_employed_yet(subject: VerdictSubject) -> Why:
    """A technician who began to work here after the decision."""
    sentence = f"{subject.name} did not work here yet."
    return Why(subject.technician_id, subject.name, "not_considered", sentence=sentence, reconstructed=True)


def as_untracked(subject: VerdictSubject, *, track_expired: bool) -> Why:
    """A technician whose place at that moment is not kept, and against whom nothing else is known."""
    sentence = (
        f"The track of that day is no longer kept, so it is not known where {subject.name} was. "
        f"No other reason excluded {subject.name}."
    )
    return Why(
        subject.technician_id,
        subject.name,
        "unknown",
        sentence=sentence,
        reconstructed=True,
        track_expired=track_expired,
    )


def as_of_erased_customer(subject: VerdictSubject) -> Why:
    """A technician whom the receipt of an erased customer does not name: the place went with the customer."""
    sentence = f"The customer was erased, so it is no longer known how far away {subject.name} was."
    return Why(subject.technician_id, subject.name, "unknown", sentence=sentence)


def what_suffices(reasons: Reasons) -> Sufficing | None:
    """What would have had to differ; None unless that can be said of every reason.

    Of several values under the same words the greatest suffices for all: of two starts the later is told.
    """
    told: dict[Sufficient, Json] = {}
    for reason in reasons:
        of_code, needed = FILTERS[ExclusionCode(reason["code"])].sufficient, reason["needed"].items()
        known = [(of_code[name], value) for name, value in needed if name in of_code and value is not None]
        if not known:
            return None
        for words, value in known:
            told[words] = max(told.get(words, value), value, key=_in_order)
    changes = {one.changes: value for one, value in told.items() if one.changes is not None}
    sentence = " and ".join(one.words.format(value) for one, value in told.items())
    return Sufficing(sentence, changes, countable=len(changes) == len(told))


def _in_order(value: Json) -> datetime | float:
    """Instants by time, whatever their offset; numbers as such."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    assert isinstance(value, int | float)
    return value


def _find(people: Sequence[M], technician_id: UUID) -> M | None:
    return next((one for one in people if one["technician_id"] == str(technician_id)), None)
