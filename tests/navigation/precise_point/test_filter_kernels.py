"""The filter and the two-way combination against one dense least-squares solution of everything at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.navigation.precise_point import filter_kernels
from armillary.navigation.precise_point.memory import Memory

N_EPOCHS, N_SATS, STEP_S = 40, 9, 30.0
SETTINGS = np.array([50.0, -1.0, 4e-5, 3e-6, 1e-4, 0.15, 1e-3, 1e-4, 10.0])
CODE_M, PHASE_M = 0.8, 0.006
NARROW_M, SHARE_M = 0.107, 0.377
F1, F2 = 1575.42e6, 1227.60e6
A, B = F1**2 / (F1**2 - F2**2), -(F2**2) / (F1**2 - F2**2)


class Made:
    """A sky with two clock groups and known states."""

    def __init__(self, *, slip: bool = False, whole: bool = False, seed: int = 20230101) -> None:
        rng = np.random.default_rng(seed)
        azimuth = np.linspace(0.0, 2 * np.pi, N_SATS, endpoint=False)[None, :] + np.linspace(0, 0.4, N_EPOCHS)[:, None]
        elevation = np.radians(np.array([80, 15, 40, 22, 60, 33, 18, 50, 27]))[None, :] + 0.1 * np.sin(np.linspace(0, 2, N_EPOCHS))[:, None]
        line = np.stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)], axis=-1)
        gradient = 1 / (np.sin(elevation) * np.tan(elevation) + 0.0032)
        parts = (-line, (1 / np.sin(elevation))[..., None], (gradient * np.cos(azimuth))[..., None], (gradient * np.sin(azimuth))[..., None])
        self.partial = np.ascontiguousarray(np.concatenate(parts, axis=-1).reshape(-1, 6))
        self.offsets = np.arange(0, N_EPOCHS * N_SATS + 1, N_SATS)
        self.satellite_of = np.tile(np.arange(N_SATS, dtype=np.int32), N_EPOCHS)
        self.group = (self.satellite_of % 2).astype(np.int64)
        self.arc = self.satellite_of.copy()
        self.time_s = STEP_S * np.arange(N_EPOCHS)
        self.truth = rng.normal(0, 3, (N_EPOCHS, 3))
        clock = rng.normal(0, 20, N_EPOCHS)
        ambiguity = rng.normal(0, 8, N_SATS)
        tropo = self.partial[:, 3] * 0.08 + self.partial[:, 4] * 4e-4 - self.partial[:, 5] * 3e-4
        epoch_of = np.repeat(np.arange(N_EPOCHS), N_SATS)
        model = np.einsum("ij,ij->i", self.partial[:, :3], self.truth[epoch_of]) + tropo + clock[epoch_of] + 7.0 * self.group
        # noise of two codes and two phases; their ionosphere-free combinations have CODE_M and PHASE_M
        noise = rng.normal(0, [CODE_M, CODE_M, PHASE_M, PHASE_M], (len(model), 4)) / np.hypot(A, B)
        self.code = model + noise[:, :2] @ [A, B]
        self.phase = model + ambiguity[self.satellite_of] + noise[:, 2:] @ [A, B]
        self.beside = noise - np.repeat(np.stack([noise[:, :2] @ [A, B], noise[:, 2:] @ [A, B]], axis=1), 2, axis=1)
        self.wide = np.full(len(model), np.nan)
        self.integer_group = np.full(N_SATS, -1)
        if whole:
            lanes, wide = rng.integers(-60, 60, (2, N_SATS)).astype(float)
            self.phase += (NARROW_M * lanes + SHARE_M * wide - ambiguity)[self.satellite_of]
            self.wide = wide[self.satellite_of] + 0.37 + rng.normal(0, 0.3, len(model))
            self.integer_group = np.arange(N_SATS) % 2
        if slip:
            self.phase[(epoch_of >= 25) & (self.satellite_of == 3)] += 0.61

    def observed(self, *, uncombined: bool) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]:
        """Observations, variances, ionospheric factors and states per satellite of either model, from the same ionosphere-free values."""
        n = len(self.code)
        if not uncombined:
            return np.stack([self.code, self.phase], axis=1), np.tile([CODE_M**2, PHASE_M**2], (n, 1)), np.ones((N_SATS, 2)), 1
        k = np.array([1.0, (F1 / F2) ** 2])
        slant = np.random.default_rng(3).normal(5, 2, n)
        z = np.concatenate([self.code[:, None] + k * slant[:, None], self.phase[:, None] - k * slant[:, None]], axis=1) + self.beside
        variance = np.repeat(np.array([[CODE_M**2, PHASE_M**2]]), n, axis=0) / (A**2 + B**2)
        return z, np.repeat(variance, 2, axis=1), np.tile(k, (N_SATS, 1)), 3

    def run(
        self,
        *,
        order: NDArray[np.int64],
        mode: int = 0,
        kept: tuple[NDArray[np.generic], ...] | None = None,
        free: bool = True,
        settings: NDArray[np.float64] = SETTINGS,
        uncombined: bool = False,
        memory: Memory | None = None,
    ) -> dict[str, NDArray[Any]]:
        n, base = len(self.code), 8
        out = {
            "state": np.full((N_EPOCHS, base), np.nan),
            "covariance": np.full((N_EPOCHS, base, base), np.nan),
            "status": np.zeros(n, np.uint8),
            "residual": np.full((n, 2), np.nan),
            "arc": np.full(n, -1, np.int32),
            "used": np.zeros(N_EPOCHS, np.int32),
        }
        whole = {
            "fixed": np.full((N_EPOCHS, base), np.nan),
            "fixed covariance": np.full((N_EPOCHS, base, base), np.nan),
            "held": np.zeros(N_EPOCHS, np.int32),
        }
        lanes = (self.wide, self.integer_group, np.full(N_SATS, NARROW_M), np.full(N_SATS, SHARE_M), 20.0)
        kept = kept or room(1, 1)
        z, variance, delay, size = self.observed(uncombined=uncombined)
        if uncombined:
            out["residual"] = np.full((n, 4), np.nan)
        memory = memory or Memory.fresh(N_SATS, 2, size, (SETTINGS[0], settings[5], settings[6]))
        state, covariance, status, residual, arc, used = out.values()
        filter_kernels.run(
            (order, self.time_s, self.offsets, np.ones(n, bool), self.satellite_of, self.group, self.arc, self.partial),
            (z, variance, self.code, delay, settings),
            memory.arrays(),
            (state, covariance, status, residual, arc, used, np.full((n, 2), np.nan), *whole.values()),
            (*kept, 0),
            lanes,
            *(300.0, 4.5, free, mode, N_SATS),
        )
        return {**out, **whole}


def room(n: int, size: int) -> tuple[NDArray[np.generic], ...]:
    return (
        np.empty((n, size)),
        np.empty((n, size, size)),
        np.zeros(n, np.int64),
        np.empty((n, size), np.int32),
        np.full((n, 8), np.nan),
        np.full((n, 8, 8), np.nan),
    )


def dense(made: Made, last: int, *, uncombined: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions and covariance of epochs 0 to ``last`` - 1 from one normal matrix of their states, walks as pseudo-observations."""
    block = 3 if uncombined else 1
    per = 3 + 1 + 1 + 2 + 1 + block * N_SATS  # position, clock, zenith, gradients, offset, blocks of satellites at every epoch
    size = per * last
    normal, right = np.zeros((size, size)), np.zeros(size)
    observed, variance, k, _ = made.observed(uncombined=uncombined)

    def add(columns: list[int], factors: list[float], z: float, variance: float) -> None:
        normal[np.ix_(columns, columns)] += np.outer(factors, factors) / variance
        right[columns] += np.array(factors) * z / variance

    for e in range(last):
        o = per * e
        for i in range(3):
            add([o + i], [1.0], 0.0, SETTINGS[0] ** 2)
        walks = [(4, SETTINGS[2]), (5, SETTINGS[3]), (6, SETTINGS[3]), (7, SETTINGS[4])]
        for s in range(N_SATS):
            at = 8 + block * s
            walks += [(at, SETTINGS[8]), (at + 1, SETTINGS[7])] if uncombined else [(at, SETTINGS[7])]
            if uncombined and e:  # both ambiguities go the same way
                add([o + at + 1, o - per + at + 1, o + at + 2, o - per + at + 2], [1.0, -1.0, -1.0, 1.0], 0.0, 1e-10)
        if e:
            for state, walk in walks:
                add([o + state, o - per + state], [1.0, -1.0], 0.0, walk**2 * STEP_S)
        else:
            add([o + 4], [1.0], 0.0, SETTINGS[5] ** 2)
            for state in (5, 6):
                add([o + state], [1.0], 0.0, SETTINGS[6] ** 2)
        for s in range(N_SATS):
            r, at = e * N_SATS + s, o + 8 + block * s
            columns = [o, o + 1, o + 2, o + 4, o + 5, o + 6, o + 3, *([o + 7] if made.group[r] else [])]
            factors = [*made.partial[r], 1.0, *([1.0] if made.group[r] else [])]
            for kind in range(observed.shape[1]):
                own: list[tuple[int, float]] = []
                if uncombined:
                    own = [(at, k[s, kind % 2] * (1.0 if kind < 2 else -1.0)), *([(at + kind - 1, 1.0)] if kind >= 2 else [])]
                elif kind:
                    own = [(at, 1.0)]
                add([*columns, *(c for c, _ in own)], [*factors, *(f for _, f in own)], observed[r, kind], variance[r, kind])
    # levels that only observations know get a little prior, far weaker than them
    normal[np.diag_indices(size)] += 1e-9
    covariance = np.linalg.inv(normal)
    state = covariance @ right
    positions = np.array([state[per * e : per * e + 3] for e in range(last)])
    blocks = np.array([covariance[per * e : per * e + 3, per * e : per * e + 3] for e in range(last)])
    return positions, blocks


@pytest.mark.parametrize("last", [1, 7, N_EPOCHS])
def test_the_filter_is_least_squares_of_the_past(last: int) -> None:
    made = Made()
    found = made.run(order=np.arange(last))
    positions, blocks = dense(made, last)
    # priors of 300 m of clocks and 100 m of ambiguities in the filter, none in the dense solution
    np.testing.assert_allclose(found["state"][last - 1, :3], positions[-1], atol=2e-4)
    np.testing.assert_allclose(found["covariance"][last - 1, :3, :3], blocks[-1], rtol=2e-3, atol=1e-8)


def test_both_directions_together_are_least_squares_of_everything() -> None:
    made = Made()
    kept = room(N_EPOCHS, 8 + N_SATS + 2)
    made.run(order=np.arange(N_EPOCHS), mode=1, kept=kept)
    knows_nothing = SETTINGS.copy()
    knows_nothing[5:7] = 1.0
    made.run(order=np.arange(N_EPOCHS)[::-1].copy(), mode=2, kept=kept, free=False, settings=knows_nothing)
    positions, blocks = dense(made, N_EPOCHS)
    np.testing.assert_allclose(kept[4][:, :3], positions, atol=3e-4)
    sigma = np.sqrt(np.einsum("nii->ni", kept[5][:, :3, :3]))
    np.testing.assert_allclose(sigma, np.sqrt(np.einsum("nii->ni", blocks)), rtol=0.01)


def test_a_slip_gets_a_new_ambiguity_and_harms_nothing() -> None:
    made = Made(slip=True)
    found = made.run(order=np.arange(N_EPOCHS))
    arcs = found["arc"].reshape(N_EPOCHS, N_SATS)
    assert arcs[24, 3] != arcs[25, 3]
    assert (np.delete(arcs, 3, axis=1) == np.delete(np.tile(np.arange(N_SATS), (N_EPOCHS, 1)), 3, axis=1)).all()
    error = np.linalg.norm(found["state"][-1, :3] - made.truth[-1])
    assert error < 4 * np.sqrt(np.trace(found["covariance"][-1, :3, :3]))


def test_a_wrong_code_is_left_out_and_the_phase_stays() -> None:
    made = Made()
    made.code[20 * N_SATS + 5] += 40.0
    found = made.run(order=np.arange(N_EPOCHS))
    assert found["status"][20 * N_SATS + 5] == filter_kernels.PHASE_ONLY
    assert (np.delete(found["status"], 20 * N_SATS + 5) == filter_kernels.USED).all()


def test_a_satellite_that_is_gone_leaves_the_states() -> None:
    made = Made()
    gone = (made.satellite_of == 4) & (np.repeat(np.arange(N_EPOCHS), N_SATS) >= 10)
    made.phase[gone] = np.nan
    made.code[gone] = np.nan
    kept = room(N_EPOCHS, 8 + N_SATS + 2)
    made.run(order=np.arange(N_EPOCHS), mode=1, kept=kept)
    assert kept[2][9] == 8 + N_SATS  # all nine
    assert kept[2][-1] == 8 + N_SATS - 1


def test_ambiguities_held_at_integers_make_the_position_better() -> None:
    made = Made(whole=True)
    found = made.run(order=np.arange(N_EPOCHS))
    held = found["held"] >= 4
    assert held[-5:].all()
    error, before = (np.linalg.norm(found[name][held, :3] - made.truth[held], axis=1) for name in ("fixed", "state"))
    assert np.sqrt(np.mean(error**2)) < 0.3 * np.sqrt(np.mean(before**2))
    sigma = np.sqrt(np.einsum("nii->n", found["fixed covariance"][held][:, :3, :3]))
    assert 0.5 < np.sqrt(np.mean((error / sigma) ** 2)) < 1.5


def test_ambiguities_that_are_not_whole_stay_as_they_are() -> None:
    made = Made(whole=True)
    made.phase += (0.107 * np.random.default_rng(5).uniform(0.3, 0.7, N_SATS))[made.satellite_of] * (made.satellite_of % 2)
    found = made.run(order=np.arange(N_EPOCHS))
    held = found["held"] > 0
    before = np.linalg.norm(found["state"][held, :3] - made.truth[held], axis=1)
    error = np.linalg.norm(found["fixed"][held, :3] - made.truth[held], axis=1)
    assert not held.any() or np.sqrt(np.mean(error**2)) < 1.5 * np.sqrt(np.mean(before**2))


@pytest.mark.parametrize("last", [1, 8])
def test_with_both_signals_it_is_least_squares_too(last: int) -> None:
    made = Made()
    found = made.run(order=np.arange(last), uncombined=True)
    positions, blocks = dense(made, last, uncombined=True)
    # the filter believes 100 m of every slant ionosphere and ambiguity beforehand
    np.testing.assert_allclose(found["state"][last - 1, :3], positions[-1], atol=3e-3)
    np.testing.assert_allclose(found["covariance"][last - 1, :3, :3], blocks[-1], rtol=1e-2, atol=1e-6)


def test_a_slip_in_one_of_both_signals_gets_new_ambiguities() -> None:
    made = Made()
    jump = np.zeros((len(made.code), 4))
    jump[(np.repeat(np.arange(N_EPOCHS), N_SATS) >= 25) & (made.satellite_of == 3), 2] = 0.19
    plain = made.observed
    made.observed = lambda *, uncombined: (plain(uncombined=True)[0] + jump, *plain(uncombined=True)[1:])  # type: ignore[method-assign]
    settings = SETTINGS.copy()
    settings[8] = 0.001  # a quiet ionosphere: it does not take the slip
    found = made.run(order=np.arange(N_EPOCHS), uncombined=True, settings=settings)
    arcs = found["arc"].reshape(N_EPOCHS, N_SATS)
    assert arcs[-1, 3] != arcs[24, 3]


def test_a_filter_that_was_interrupted_goes_on_as_if_it_was_not() -> None:
    made = Made()
    whole = made.run(order=np.arange(N_EPOCHS))
    memory = Memory.fresh(N_SATS, 2, 1, (SETTINGS[0], SETTINGS[5], SETTINGS[6]))
    made.run(order=np.arange(23), memory=memory)
    rest = made.run(order=np.arange(23, N_EPOCHS), memory=memory)
    np.testing.assert_array_equal(rest["state"][23:], whole["state"][23:])


def apart(made: Made, *, gone: dict[int, slice]) -> Made:
    """The same where groups are not observed in some epochs."""
    at = np.arange(N_EPOCHS)
    for group, epochs in gone.items():
        away = (made.group == group) & np.isin(np.repeat(at, N_SATS), at[epochs])
        made.code[away] = made.phase[away] = np.nan
        made.arc[away] = -1
    return made


@pytest.mark.parametrize("epochs", [slice(0, 20), slice(20, None)])
def test_the_offset_of_a_group_seen_in_part_of_a_file_moves_no_position(epochs: slice) -> None:
    found = []
    for offset_m in (0.0, 200.0):
        made = apart(Made(), gone={1: epochs})
        made.code += offset_m * made.group
        made.phase += offset_m * made.group
        kept = room(N_EPOCHS, 8 + N_SATS + 2)
        made.run(order=np.arange(N_EPOCHS), mode=1, kept=kept)
        knows_nothing = SETTINGS.copy()
        knows_nothing[5:7] = 1.0
        made.run(order=np.arange(N_EPOCHS)[::-1].copy(), mode=2, kept=kept, free=False, settings=knows_nothing)
        found.append(kept)
    without, with_offset = found
    np.testing.assert_allclose(with_offset[4][:, :3], without[4][:, :3], atol=1e-4)
    np.testing.assert_allclose(with_offset[4][:, 7] - without[4][:, 7], 200.0, atol=1e-3)


def test_a_group_has_no_offset_before_it_is_seen() -> None:
    found = apart(Made(), gone={1: slice(0, 20)}).run(order=np.arange(N_EPOCHS))
    assert np.isnan(found["state"][:20, 7]).all()
    assert np.isfinite(found["state"][20:, 7]).all()
    assert np.isfinite(found["state"][:, :7]).all()


def test_a_group_that_comes_when_the_first_one_is_gone_is_used() -> None:
    made = apart(Made(), gone={1: slice(0, 20), 0: slice(20, 30)})
    found = made.run(order=np.arange(N_EPOCHS))
    assert (found["used"][20:] >= 4).all()
    np.testing.assert_allclose(found["state"][-1, :3], made.truth[-1], atol=1.0)
    assert abs(found["state"][-1, 7] - 7.0) < 1.0


def test_an_epoch_without_codes_ends_no_arc() -> None:
    made = Made()
    made.code[20 * N_SATS : 21 * N_SATS] = np.nan
    found = made.run(order=np.arange(N_EPOCHS))
    assert np.isnan(found["state"][20]).all()
    np.testing.assert_array_equal(found["arc"].reshape(N_EPOCHS, N_SATS)[21:], np.tile(np.arange(N_SATS), (N_EPOCHS - 21, 1)))
