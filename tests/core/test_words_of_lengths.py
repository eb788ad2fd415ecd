"""How long a list or an object may be is said in words that are not those of a program."""

from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from geo_assign.core.validation import words_of


@pytest.mark.parametrize(
    ("kind", "given", "told"),
    [
        (dict[str, str], {str(number): "" for number in range(4)}, "Should have at most 3 entries."),
        (list[int], [1] * 4, "Should have at most 3 entries."),
        (tuple[int, ...], (1,) * 400, "Should have at most 3 entries."),
        (frozenset[int], frozenset(range(9)), "Should have at most 3 entries."),
        (dict[str, str], {"a": ""}, "Should have at least 2 entries."),
        (list[int], [], "Should have at least 2 entries."),
        (str, "abcd", "String should have at most 3 characters."),
        (str, "a", "String should have at least 2 characters."),
        (list[int], "abc", "Input should be a list."),
        (tuple[int, ...], 5, "Input should be a list."),
        (frozenset[int], {}, "Input should be a list."),
    ],
)
def test_a_length_is_told_in_words(kind: Any, given: object, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[kind, Field(min_length=2, max_length=3)]).validate_python(given)
    assert words_of(refused.value.errors()[0]) == told


@pytest.mark.parametrize(
    ("most", "told"), [(1, "Should have at most 1 entry."), (11, "Should have at most 11 entries.")]
)
def test_one_entry_is_one(most: int, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[list[int], Field(max_length=most)]).validate_python([0] * 20)
    assert words_of(refused.value.errors()[0]) == told
