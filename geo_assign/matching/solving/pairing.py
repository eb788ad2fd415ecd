"""One order per technician and one technician per order: the matching of most pairs, then of least cost, exactly."""

import numpy as np

from geo_assign.matching.solving.problem import Ints

_MOST_FAIRNESS = 15  # beyond so many more appointments than the least busy technician all are alike
_EXACT = 2**53  # floats hold every integer below
# Below this many cells a full matrix is the quicker one, and so it is where more than every sixteenth cell is used.
_DENSE_CELLS = 1_000_000
_DENSE_SHARE = 16


def match(rows: Ints, columns: Ints, ways: Ints, load: Ints) -> Ints:
    """Where among the pairs those stand that are chosen: as many as possible, least way, least load, lowest columns."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    rows, columns = np.unique(rows, return_inverse=True)[1], np.unique(columns, return_inverse=True)[1]
    parts = [part[_matched(rows[part], columns[part], ways[part], load[part])] for part in _parts(rows, columns)]
    return np.sort(np.concatenate(parts))


def _parts(rows: Ints, columns: Ints) -> list[Ints]:
    """Orders that share no technician, even through others, do not concern one another."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - loaded by the first batch, not by every start
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    height, size = int(rows.max()) + 1, int(rows.max() + columns.max()) + 2
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns + height)), shape=(size, size))
    part_of = connected_components(graph, directed=False)[1][rows]
    by_part = np.argsort(part_of, kind="stable")
    return np.split(by_part, np.flatnonzero(np.diff(part_of[by_part])) + 1)


def _matched(rows: Ints, columns: Ints, ways: Ints, load: Ints) -> Ints:
    """The chosen of one part: as many as possible, least way, least load, lowest numbers."""
    rows = np.unique(rows, return_inverse=True)[1]
    columns = np.unique(columns, return_inverse=True)[1]
    height, width = int(rows.max()) + 1, int(columns.max()) + 1
    costs = _costs(ways, np.minimum(load - load.min(), _MOST_FAIRNESS), columns, height=height)
    no_technician = int(costs.max()) * height + 1
    cells = height * width
    dense = cells <= _DENSE_CELLS or len(rows) * _DENSE_SHARE > cells or width < height
    find = _dense if dense else _sparse
    chosen = find(rows, columns, costs, no_technician, shape=(height, width))
    by_cell = np.argsort(rows * width + columns)
    return by_cell[np.searchsorted((rows * width + columns)[by_cell], chosen)]


def _costs(ways: Ints, load: Ints, columns: Ints, *, height: int) -> Ints:
    """One integer per pair that orders whole plans by way, then load, then number, as far as that stays exact."""
    costs = ways + 1
    for less, most in ((load, _MOST_FAIRNESS), (columns, int(columns.max()))):
        scale = most * height + 1
        if (int(costs.max()) * scale + most) * (height + 1) * 2 < _EXACT:
            costs = costs * scale + less
    return costs


def _dense(rows: Ints, columns: Ints, costs: Ints, no_technician: int, *, shape: tuple[int, int]) -> Ints:
    """Chosen cells, numbered row by row. A pair that may not be costs more than everything else together."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    matrix = np.full(shape, float(no_technician))
    matrix[rows, columns] = costs
    row, column = linear_sum_assignment(matrix)
    real = matrix[row, column] < no_technician
    cells: Ints = row[real] * shape[1] + column[real]
    return cells


def _sparse(rows: Ints, columns: Ints, costs: Ints, no_technician: int, *, shape: tuple[int, int]) -> Ints:
    """The same where most pairs may not be: each order has a column of its own that means UNASSIGNED."""
    from scipy.sparse import csr_array  # noqa: PLC0415
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching  # noqa: PLC0415

    height, width = shape
    own = np.arange(height)
    values = np.concatenate([costs, np.full(height, no_technician)]).astype(float)
    places = (np.concatenate([rows, own]), np.concatenate([columns, width + own]))
    graph = csr_array((values, places), shape=(height, width + height))
    row, column = min_weight_full_bipartite_matching(graph)
    real = column < width
    cells: Ints = row[real].astype(np.int64) * width + column[real]
    return cells
