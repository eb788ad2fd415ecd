"""When an answer is good enough, and how answers are put in order and kept."""

from hypothesis import given
from hypothesis import strategies as st

from geo_assign.core.geo import Point
from geo_assign.geocoding.domain import (
    AddressQuery,
    Confidence,
    GeocodeCandidate,
    GeocodeProblem,
    GeocodeResult,
    ProblemCode,
    judge,
    ranked,
    result_from_document,
    result_to_document,
)

HERE = Point(45.0, 12.0)
NEXT_DOOR = Point(45.0008, 12.0)  # 89 m
DOWN_THE_STREET = Point(45.001, 12.0)  # 111 m
ELSEWHERE = Point(45.1, 12.0)


def candidate(confidence: str, point: Point = HERE, label: str = "Heron Lane 12") -> GeocodeCandidate:
    return GeocodeCandidate(label, point, Confidence(confidence))


def test_confidence_is_ordered_by_exactness_not_by_its_letters() -> None:
    assert sorted(Confidence) == [Confidence.AREA, Confidence.STREET, Confidence.INTERPOLATED, Confidence.ROOFTOP]
    assert Confidence.ROOFTOP.capped(Confidence.STREET) is Confidence.STREET
    assert Confidence.AREA.capped(Confidence.STREET) is Confidence.AREA


def test_the_stores_threshold_decides() -> None:
    result = GeocodeResult(candidates=(candidate("interpolated"),))
    assert judge(result, Confidence.STREET).accepted is result.best
    assert judge(result, Confidence.INTERPOLATED).accepted is result.best
    below = judge(result, Confidence.ROOFTOP)
    assert below.accepted is None
    assert below.problem is not None
    assert below.problem.code is ProblemCode.LOW_CONFIDENCE
    assert below.candidates == result.candidates


def test_equally_good_matches_that_lie_apart_are_for_a_human() -> None:
    apart = GeocodeResult(candidates=(candidate("rooftop"), candidate("rooftop", ELSEWHERE)))
    judgement = judge(apart, Confidence.ROOFTOP)
    assert judgement.problem is not None
    assert judgement.problem.code is ProblemCode.AMBIGUOUS
    near = GeocodeResult(candidates=(candidate("rooftop"), candidate("rooftop", DOWN_THE_STREET)))
    assert judge(near, Confidence.ROOFTOP).accepted is None, "one of them is the wrong door"
    together = GeocodeResult(candidates=(candidate("rooftop"), candidate("rooftop", NEXT_DOOR)))
    assert judge(together, Confidence.ROOFTOP).accepted is together.best
    worse = GeocodeResult(candidates=(candidate("rooftop"), candidate("street", ELSEWHERE)))
    assert judge(worse, Confidence.ROOFTOP).accepted is worse.best


def test_nothing_found_and_no_provider_asked_are_told_apart() -> None:
    nothing = judge(GeocodeResult(), Confidence.STREET).problem
    assert nothing is not None
    assert (nothing.code, nothing.is_transient) == (ProblemCode.NOT_FOUND, False)
    problem = GeocodeProblem(ProblemCode.CIRCUIT_OPEN, "…", 10.0)
    assert judge(GeocodeResult(problem=problem), Confidence.STREET).problem is problem
    assert problem.is_transient


def test_the_providers_order_stands_among_equals_and_doubles_go() -> None:
    first, second = candidate("street", HERE, "a"), candidate("street", ELSEWHERE, "b")
    best = candidate("rooftop", NEXT_DOOR, "c")
    assert ranked([first, second, first, best]) == (best, first, second)
    assert len(ranked([candidate("street", HERE, str(n)) for n in range(30)])) == 10


def test_an_address_shows_in_no_repr() -> None:
    shown = repr(AddressQuery("Heron Lane 12", near=HERE)) + repr(GeocodeResult(candidates=(candidate("rooftop"),)))
    assert "Heron" not in shown
    assert "45.0" not in shown


_CANDIDATES = st.builds(
    GeocodeCandidate,
    label=st.text(max_size=20),
    point=st.builds(Point, lat=st.floats(-90, 90), lon=st.floats(-180, 180)),
    confidence=st.sampled_from(Confidence),
    house_number=st.none() | st.text(max_size=5),
    street=st.none() | st.text(max_size=10),
    postcode=st.none() | st.text(max_size=8),
    town=st.none() | st.text(max_size=8),
)


@given(st.lists(_CANDIDATES, max_size=4), st.sampled_from([None, *ProblemCode]))
def test_what_is_kept_comes_back(candidates: list[GeocodeCandidate], code: ProblemCode | None) -> None:
    problem = GeocodeProblem(code, "why") if code else None
    result = GeocodeResult(tuple(candidates), problem, provider="photon", cached=True)
    assert result_from_document(result_to_document(result)) == result
