"""The steps of the solver: matching one to one, sets of orders, the bounds, better plans for many."""

import numpy as np
import pytest

from geo_assign.matching import pairing
from geo_assign.matching.optimal import solve
from tests.matching.problems import pairs, problem


def test_orders_that_share_no_technician_are_solved_apart() -> None:
    rows, columns = np.array([0, 1, 2, 2, 3]), np.array([0, 1, 1, 2, 3])
    parts = sorted(sorted(part.tolist()) for part in pairing._parts(rows, columns))
    assert parts == [[0], [1, 2, 3], [4]]


def test_the_sparse_way_leaves_an_order_without_a_technician(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {(0, 0): 900.0, (1, 1): 100.0, (1, 0): 500.0, (2, 0): 100.0}
    asked = problem(ways, orders=3, people=2)
    monkeypatch.setattr(pairing, "_dense", pairing._sparse)
    assert pairs(asked, solve(asked).best) == {1: 1, 2: 0}
