"""The line between basins: where neighbours on a grid differ, sharpened by halving."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

HALVINGS = 5


def separatrix(
    labels: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    label: Callable[[np.ndarray, np.ndarray], np.ndarray],
    halvings: int = HALVINGS,
) -> np.ndarray:
    """Return the line that parts the labels of a grid.

    Parameters
    ----------
    labels : array (x, y) of int
        0 where it is not known.
    x, y : array
    label : callable
        Labels of points (x, y), each (point,).
    halvings : int

    Returns
    -------
    array (point, 2)
        Pieces of two points, one a cell, parted by NaN.

    Examples
    --------
    >>> axis = np.linspace(0, 1, 3)
    >>> left = lambda x, y: np.where(x < 0.3, 1, 2)
    >>> line = separatrix(left(*np.meshgrid(axis, axis, indexing="ij")), axis, axis, left, 10)
    >>> np.nanmean(line, axis=0).round(3).tolist()
    [0.3, 0.5]
    """
    edges = _edges(labels)
    if not edges:
        return np.empty((0, 2))
    ends = np.array([[x[i], y[j], x[k], y[m]] for i, j, k, m in edges])
    known = np.array([labels[i, j] for i, j, _, _ in edges])
    one, other = ends[:, :2].copy(), ends[:, 2:].copy()
    for _ in range(halvings):
        middle = (one + other) / 2
        same = label(middle[:, 0], middle[:, 1]) == known
        one[same], other[~same] = middle[same], middle[~same]
    crossings = dict(zip(edges, (one + other) / 2, strict=True))
    return _pieces(crossings, len(x), len(y))


def _edges(labels: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Pairs of neighbours with different known labels: places of one and of the other."""
    found = []
    for step in ((1, 0), (0, 1)):
        a = labels[: labels.shape[0] - step[0], : labels.shape[1] - step[1]]
        b = labels[step[0] :, step[1] :]
        for i, j in np.argwhere((a != b) & (a > 0) & (b > 0)).tolist():
            found.append((i, j, i + step[0], j + step[1]))
    return found


def _pieces(
    crossings: dict[tuple[int, int, int, int], np.ndarray], columns: int, rows: int
) -> np.ndarray:
    """Join the crossings on the edges of each cell; where three or four meet, to their middle."""
    parts: list[np.ndarray] = []
    gap = np.full(2, np.nan)
    cells = {(i - di, j - dj) for i, j, k, _ in crossings for di, dj in ((0, 0), (k == i, k != i))}
    for i, j in sorted(cells):
        if not (0 <= i < columns - 1 and 0 <= j < rows - 1):
            continue
        around = (
            (i, j, i + 1, j),
            (i, j + 1, i + 1, j + 1),
            (i, j, i, j + 1),
            (i + 1, j, i + 1, j + 1),
        )
        here = [crossings[each] for each in around if each in crossings]
        if len(here) == 2:
            parts += [here[0], here[1], gap]
        elif len(here) > 2:
            middle = np.mean(here, axis=0)
            for each in here:
                parts += [each, middle, gap]
    return np.array(parts[:-1]) if parts else np.empty((0, 2))
