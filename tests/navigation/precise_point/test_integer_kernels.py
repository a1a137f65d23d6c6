"""Integer least squares against trying every vector around the float one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.navigation.precise_point import integer_kernels


def nearest(a: NDArray[np.float64], q: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    best, distance = np.zeros((2, len(a))), np.zeros(2)
    return (best, distance) if integer_kernels.nearest(a, q.copy(), len(a), best, distance) else None


def every(a: NDArray[np.float64], q: NDArray[np.float64], reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    inverse = np.linalg.inv(q)
    middle = np.rint(a)
    vectors = np.array(list(product(range(-reach, reach + 1), repeat=len(a)))) + middle
    away = vectors - a
    squares = np.einsum("ij,jk,ik->i", away, inverse, away)
    order = np.argsort(squares)[:2]
    return vectors[order], squares[order]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(25))
def test_against_every_vector(n: int, seed: int) -> None:
    rng = np.random.default_rng(1000 * n + seed)
    # common errors far larger than the others, as between ambiguities of satellites; distances in reach of the trial
    q = 0.02 * np.eye(n) + 0.4 * np.outer(rng.normal(size=n), rng.normal(size=n))
    q = q @ q.T + 0.003 * np.eye(n)
    a = rng.normal(0, 10, n)
    found = nearest(a, q)
    assert found is not None
    vectors, squares = every(a, q, 4)
    away = found[0] - a
    np.testing.assert_allclose(found[1], np.einsum("ij,jk,ik->i", away, np.linalg.inv(q), away), rtol=1e-7)
    # strong correlations carry the nearest beyond the trial's reach: then it is nearer than all that was tried
    assert (found[1] <= squares * (1 + 1e-9)).all()
    if (np.abs(found[0] - np.rint(a)) <= 4).all():
        np.testing.assert_array_equal(found[0], vectors)


def test_a_large_problem_finds_the_true_integers() -> None:
    rng = np.random.default_rng(7)
    n = 24
    common = rng.normal(size=(n, 4))
    q = 3.0 * common @ common.T + 0.0004 * np.eye(n)  # four unknowns of metres behind phases of 2 % of a cycle
    true = rng.integers(-500, 500, n).astype(float)
    a = true + np.linalg.cholesky(q) @ rng.normal(size=n)
    found = nearest(a, q)
    assert found is not None
    np.testing.assert_array_equal(found[0][0], true)
    assert found[1][1] > 3 * found[1][0]


def test_what_is_no_covariance_is_refused() -> None:
    assert nearest(np.array([0.2, 0.4]), np.array([[1.0, 2.0], [2.0, 1.0]])) is None
