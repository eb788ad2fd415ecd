"""What an address question and its answer are, and when an answer is good enough to send a technician there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from functools import total_ordering
from typing import TypedDict
from uuid import UUID

from geo_assign.core.geo import Point, haversine_m

MAX_CANDIDATES = 10
# Two equally good answers this close are the same building or its neighbour; farther apart a dispatcher must choose.
AMBIGUOUS_M = 100.0


@total_ordering
class Confidence(Enum):
    """How exactly a point stands for the address asked. Ordered: area < street < interpolated < rooftop."""

    AREA = "area"
    STREET = "street"
    INTERPOLATED = "interpolated"
    ROOFTOP = "rooftop"

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Confidence):
            return NotImplemented
        return _CONFIDENCES.index(self) < _CONFIDENCES.index(other)

    def capped(self, highest: "Confidence") -> "Confidence":
        """This confidence, but never above `highest`."""
        return min(self, highest)


_CONFIDENCES = tuple(Confidence)


class OwnerKind(Enum):
    """Who may have a map key. A store's own key counts first, then its group's, then the organization's."""

    STORE = "store"
    GROUP = "group"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The store, group or organization whose map key is meant. An organization's `id` is its own."""

    kind: OwnerKind
    id: UUID


class KeyStatus(StrEnum):
    """What is known of a map key: whether its provider took it, and when it last answered."""

    OK = "ok"
    UNTESTED = "untested"  # the provider has not answered yet, or not when it was last tried
    INVALID = "invalid"  # refused by the provider, until it is replaced or tested again


@dataclass(frozen=True, slots=True)
class MapKey:
    """A configured map key, without the secret itself.

    `tested_at` is when the provider last took the key, in a test or the first call after one that it did not answer;
    `blocked_until` is what the provider asked us to wait; after repeated failures no call is made before
    `opened_until`.
    """

    owner: KeyOwner
    provider: str
    url: str | None
    key_hint: str | None
    status: str
    last_error: str | None
    blocked_until: datetime | None
    failures: int
    opened_until: datetime | None
    daily_budget: int | None
    tested_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    key_encrypted: bytes | None = field(default=None, repr=False)


# The circuit breaker: after this many failures in a row no call is made for a while, each time twice as long.
FAILURES_TO_OPEN = 5
FIRST_OPEN_S = 10.0
LONGEST_OPEN_S = 120.0
# Afterwards one caller tries; the others wait this long for what it finds.
PROBE_S = 5.0


class ProblemCode(Enum):
    """Why an address has no accepted location. Codes are stable; see `GeocodeProblem`."""

    MAP_KEY_MISSING = "map_key_missing"
    MAP_KEY_INVALID = "map_key_invalid"
    GEOCODER_UNAVAILABLE = "geocoder_unavailable"
    GEOCODER_RATE_LIMITED = "geocoder_rate_limited"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CIRCUIT_OPEN = "circuit_open"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    LOW_CONFIDENCE = "low_confidence"


# Trying again later may help; the others wait for a human, a new key or another address.
TRANSIENT = frozenset(
    {
        ProblemCode.GEOCODER_UNAVAILABLE,
        ProblemCode.GEOCODER_RATE_LIMITED,
        ProblemCode.BUDGET_EXHAUSTED,
        ProblemCode.CIRCUIT_OPEN,
    }
)


@dataclass(frozen=True, slots=True)
class GeocodeProblem:
    """Why there is no location. `detail` is a sentence for people, never with a key in it.

    `retry_after_s`: seconds after which asking again makes sense; None where it does not by itself.
    """

    code: ProblemCode
    detail: str
    retry_after_s: float | None = None

    @property
    def is_transient(self) -> bool:
        return self.code in TRANSIENT


NOT_TESTED = GeocodeProblem(ProblemCode.GEOCODER_UNAVAILABLE, "Not tested yet.")


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """An address as people write it. The text stays out of logs: it says where a customer lives.

    `country` is an ISO 3166-1 alpha-2 code that restricts the answers where the provider can; `near` is a point, such
    as the store's, around which the provider prefers answers. `reach_m`: farther than this from `near` no answer is
    meant. `habits` is the country whose way of writing addresses holds where the text shows none. `whole` is the full
    text where `text` is a simpler one that is asked in its place: answers are held against it.
    """

    text: str = field(repr=False)
    country: str | None = None
    near: Point | None = field(default=None, repr=False)
    reach_m: float | None = None
    habits: str | None = None
    whole: str | None = field(default=None, repr=False)

    @property
    def typed(self) -> str:
        """The address as it was typed."""
        return self.text if self.whole is None else self.whole


@dataclass(frozen=True, slots=True)
class GeocodeCandidate:
    """One place a provider offers.

    `house_number`, `street`, `postcode` and `town` as the provider returned them, where it did.
    """

    label: str = field(repr=False)
    point: Point = field(repr=False)
    confidence: Confidence
    house_number: str | None = field(default=None, repr=False)
    street: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    town: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LearnedFrom:
    """The learned pin that answered in a geocoder's stead: how many visits agree on it, and who confirmed it."""

    pin_id: UUID
    visits: int
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class GeocodeResult:
    """What became of a question: candidates, best first, or a problem. `cached`: it was answered without a call.

    `learned`: no geocoder was asked, since visits have taught where the address is.
    """

    candidates: tuple[GeocodeCandidate, ...] = ()
    problem: GeocodeProblem | None = None
    provider: str | None = None
    cached: bool = False
    learned: LearnedFrom | None = None

    @property
    def best(self) -> GeocodeCandidate | None:
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Either `accepted`, or `problem` with the `candidates` among which a human may choose."""

    accepted: GeocodeCandidate | None
    problem: GeocodeProblem | None
    candidates: tuple[GeocodeCandidate, ...]


def ranked(candidates: Sequence[GeocodeCandidate]) -> tuple[GeocodeCandidate, ...]:
    """Best first: by confidence, then in the provider's order; places listed twice once; at most MAX_CANDIDATES."""
    distinct = {(one.label, one.point): one for one in reversed(candidates)}
    in_order = [one for one in candidates if distinct.pop((one.label, one.point), None) is not None]
    return tuple(sorted(in_order, key=lambda one: one.confidence, reverse=True))[:MAX_CANDIDATES]


def is_without_house(result: GeocodeResult) -> bool:
    """Whether a geocoder answered, and with no house: nothing, or at best a street."""
    if result.problem is not None:
        return result.problem.code is ProblemCode.NOT_FOUND
    return result.best is None or result.best.confidence < Confidence.INTERPOLATED


def better(first: GeocodeResult, second: GeocodeResult) -> GeocodeResult:
    """What two questions for one address brought, the second with a simpler text.

    A second question that failed for the moment is asked again, unless the first one found something.
    """
    if second.problem is not None:
        failed = first.best is None and second.problem.is_transient
        return second if failed else first
    candidates = ranked([*first.candidates, *second.candidates])
    return GeocodeResult(candidates, None, second.provider, cached=first.cached and second.cached)


def judge(result: GeocodeResult, min_confidence: Confidence) -> Judgement:
    """Accept the best candidate when it reaches `min_confidence` and no equally good one lies elsewhere."""
    best = result.best
    if result.problem is not None or best is None:
        problem = result.problem or GeocodeProblem(ProblemCode.NOT_FOUND, "The geocoder knows no such address.")
        return Judgement(None, problem, result.candidates)
    if best.confidence < min_confidence:
        found, wanted = best.confidence.value, min_confidence.value
        detail = f"The best match is exact to '{found}'; the store asks for '{wanted}'."
        return Judgement(None, GeocodeProblem(ProblemCode.LOW_CONFIDENCE, detail), result.candidates)
    rivals = [one for one in result.candidates if one.confidence == best.confidence]
    if any(haversine_m(best.point, one.point) > AMBIGUOUS_M for one in rivals):
        detail = f"{len(rivals)} equally good matches lie apart; one must be chosen."
        return Judgement(None, GeocodeProblem(ProblemCode.AMBIGUOUS, detail), result.candidates)
    return Judgement(best, None, result.candidates)


class CandidateDocument(TypedDict):
    """A place in the cache."""

    label: str
    lat: float
    lon: float
    confidence: str
    house_number: str | None
    street: str | None
    postcode: str | None
    town: str | None


class ProblemDocument(TypedDict):
    """A problem in the cache."""

    code: str
    detail: str


class ResultDocument(TypedDict):
    """A result in the cache: JSON values."""

    provider: str | None
    candidates: list[CandidateDocument]
    problem: ProblemDocument | None


def result_to_document(result: GeocodeResult) -> ResultDocument:
    """`result` as JSON values, for the cache."""
    problem = result.problem
    return {
        "provider": result.provider,
        "candidates": [
            {
                "label": one.label,
                "lat": one.point.lat,
                "lon": one.point.lon,
                "confidence": one.confidence.value,
                "house_number": one.house_number,
                "street": one.street,
                "postcode": one.postcode,
                "town": one.town,
            }
            for one in result.candidates
        ],
        "problem": {"code": problem.code.value, "detail": problem.detail} if problem else None,
    }


def result_from_document(document: ResultDocument) -> GeocodeResult:
    """The inverse of `result_to_document`, marked as cached. Raises KeyError or ValueError on anything else."""
    problem = document["problem"]
    return GeocodeResult(
        candidates=tuple(
            GeocodeCandidate(
                label=one["label"],
                point=Point(one["lat"], one["lon"]),
                confidence=Confidence(one["confidence"]),
                house_number=one["house_number"],
                street=one["street"],
                postcode=one["postcode"],
                town=one["town"],
            )
            for one in document["candidates"]
        ),
        problem=problem and GeocodeProblem(ProblemCode(problem["code"]), problem["detail"]),
        provider=document["provider"],
        cached=True,
    )
