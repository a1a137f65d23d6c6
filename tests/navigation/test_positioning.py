"""One computation, several answers: links of the union once, then an answer for each member."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.navigation_messages import MessageTable, Navigation, NavigationHeader
from armillary.core.observations import ObservationBlock, ObservationHeader, Observations
from armillary.core.satellites import pack, pack_one
from armillary.core.scales import from_iso
from armillary.navigation.links import NO_ORBIT, LinkOptions
from armillary.navigation.models import uncombined
from armillary.navigation.positioning import PositioningOptions, Tracked, channels_of, locate, track
from armillary.navigation.single_point import EstimatorOptions
from tests.navigation.made_sky import SIGNALS, Floats, Walker, at_rest, enu_axes, made_rows, place

TRUE = place(50.0, 10.0, 100.0)
TWO = federation("gps+galileo")
OPTIONS = PositioningOptions(LinkOptions(np.radians(5.0), "none"), EstimatorOptions())


class MadeOrbit:
    """Satellites of a made sky, looked up by satellite and epoch."""

    def __init__(self, letter_states: dict[tuple[int, int], tuple[Floats, Floats]]) -> None:
        self.known = letter_states

    def state_at_transmission(self, sat: np.ndarray, reception: object, pseudorange_m: np.ndarray) -> SimpleNamespace:
        epochs = reception.tai_ns  # type: ignore[attr-defined]
        pairs = [self.known[int(s), int(t)] for s, t in zip(sat, epochs, strict=True)]
        n = len(sat)
        return SimpleNamespace(
            position_m=np.array([p for p, _ in pairs]).reshape(n, 3),
            velocity_m_s=np.array([v for _, v in pairs]).reshape(n, 3),
            clock_s=np.zeros(n),
            clock_drift_s_s=np.zeros(n),
            flag=np.where(np.isfinite(pseudorange_m), 0, 16).astype(np.uint8),
            accuracy_m=np.full(n, np.nan),
        )


def made() -> tuple[Observations, MadeOrbit]:
    rows, states = made_rows((Walker("G", inclination_deg=55.0, planes=6), Walker("E", turn_deg=20.0)), at_rest(TRUE), np.arange(3) * 120.0)
    known = {
        (int(s), int(rows.epochs.tai_ns[e])): (states.position_m[i], states.velocity_m_s[i]) for i, (s, e) in enumerate(zip(rows.sat, rows.epoch_of))
    }
    blocks = {}
    for letter in "GE":
        mine = rows.sat // 100 == ord(letter)
        values = rows.code_m[mine].T.copy()
        blocks[letter] = ObservationBlock(
            system=letter,
            codes=SIGNALS[letter],
            offsets=np.searchsorted(rows.epoch_of[mine], np.arange(4)).astype(np.int64),
            sat=rows.sat[mine],
            values=values,
            lli=np.zeros(values.shape, np.uint8),
            ssi=np.zeros(values.shape, np.uint8),
        )
    observed = Observations(ObservationHeader(), rows.epochs, np.zeros(3, np.uint8), np.full(3, np.nan), blocks)
    return observed, MadeOrbit(known)


@pytest.fixture(scope="module")
def tracked() -> Tracked:
    observed, orbit = made()
    return track(TWO, observed, orbit, {}, OPTIONS)


def test_links_hold_the_union_in_the_order_asked_for(tracked: Tracked) -> None:
    assert [c.name for c in tracked.links.rows.constellations] == ["gps", "galileo"]
    assert {chr(s // 100) for s in tracked.links.rows.satellites} == {"G", "E"}
    # orbits that are not broadcast have no group delays to apply, so no signal is served by one
    assert not tracked.links.served.any()


def test_answers_come_in_the_order_of_the_members_with_progress(tracked: Tracked) -> None:
    said: list[tuple[str, float]] = []
    links, prior = uncombined(tracked.links)
    answers = locate(links, prior, TWO.alone_and_joint(), OPTIONS, progress=lambda text, share: said.append((text, share)))
    assert [str(a.federation) for a in answers] == ["gps", "galileo", "gps+galileo"]
    assert [text for text, _ in said] == ["solving gps", "solving galileo", "solving gps+galileo"]
    assert [share for _, share in said] == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_positions_are_offsets_put_on_the_earth(tracked: Tracked) -> None:
    links, prior = uncombined(tracked.links)
    for answer in locate(links, prior, TWO.alone_and_joint(), OPTIONS):
        offset = answer.solution.solution[:, :3] @ enu_axes(50.0, 10.0)
        # local axes of the start, 10 m away, are turned by 2e-6 rad against those of the truth
        assert np.allclose(answer.position_m, links.position_m + offset, atol=1e-4)
        # a vacuum: the troposphere that the model takes off cannot be told from height and clock, 3 m in all
        assert np.linalg.norm(answer.position_m - TRUE, axis=1).max() < 12.0


def test_unsolved_epochs_have_no_position(tracked: Tracked) -> None:
    links, prior = uncombined(tracked.links)
    state = np.where(links.rows.epoch_of == 1, NO_ORBIT, links.state).astype(np.uint8)
    (answer,) = locate(replace(links, state=state), prior, (TWO,), OPTIONS)
    assert np.isnan(answer.position_m[1]).all() and np.isfinite(answer.position_m[[0, 2]]).all()


def test_one_signal_if_one_is_asked_for() -> None:
    observed, orbit = made()
    alone = track(TWO, observed, orbit, {}, PositioningOptions(LinkOptions(0.0, "none", signals=1), EstimatorOptions()))
    assert np.isnan(alone.links.z_m[:, 1]).all() and {second for _, second in alone.links.rows.signals} == {""}


def messages(sats: list[str], **columns: list[float]) -> MessageTable:
    when = from_iso(["2024-03-20T00:00:00"] * len(sats), "GPST")
    known = np.ones(len(sats), bool)
    return MessageTable(sats[0][0], "FDMA", pack(sats), when, when, when, known, {name: np.array(values) for name, values in columns.items()})


def test_channels_are_those_most_messages_say() -> None:
    table = messages(["R05", "R05", "R05", "R06", "R07"], frequency_number=[1.0, -7.0, 1.0, 4.0, np.nan])
    other = messages(["C05"], tgd1_s=[0.0])
    found = channels_of(Navigation(NavigationHeader(), {("R", "FDMA"): table, ("C", "D2"): other}))
    assert found == {pack_one("R05"): 1, pack_one("R06"): 4}
