from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from armillary.io.fetching.failures import LateError, UnreachableError
from armillary.io.fetching.manners import Manners, Pace


def test_the_defaults_are_polite() -> None:
    manners = Manners()
    assert manners.connections_per_host <= 2 and manners.pause_s >= 0.2 and manners.back_off_s >= 1.0 and manners.tries <= 5


def test_requests_to_one_host_are_apart_and_to_others_not(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    pace = Pace(replace(Manners(), pause_s=5.0))
    monkeypatch.setattr(Pace, "wait", lambda self, seconds: waited.append(seconds))
    for host in ("a", "b", "a", "a"):
        with pace.turn(host):
            pass
    assert [round(seconds) for seconds in waited] == [0, 0, 5, 10]  # nobody really waited, so the third has to wait for two pauses


def test_who_waits_for_a_turn_hears_that_it_is_over() -> None:
    pace = Pace(replace(Manners(), connections_per_host=1, pause_s=0.0))
    with pace.turn("a"):
        threading.Timer(0.05, pace.stop.set).start()
        with pytest.raises(LateError, match="interrupted"), pace.turn("a"):
            pass


def test_waiting_ends_with_the_time_of_the_run() -> None:
    pace = Pace(replace(Manners(), total_s=0.05))
    with pytest.raises(LateError, match="time limit"):
        pace.wait(60.0)


def test_a_host_that_gave_no_answer_is_not_waited_for() -> None:
    pace = Pace(Manners())
    pace.gave_no_answer("a", "cannot be reached (refused)")
    with pytest.raises(UnreachableError, match=r"refused\); not asked again"), pace.turn("a"):
        pass
    with pace.turn("b"):
        pass
