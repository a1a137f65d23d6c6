"""Precise positions on the page of an assessment: made-up errors whose figures are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.table import Table
from armillary.navigation.precise_point.convergence import Convergence
from armillary.report.assess_page import page
from armillary.report.assess_precise import against, convergence_curves, precise_errors, precise_rows
from armillary.report.assess_precise_words import precise_cells
from armillary.services._precise_day import PreciseDay
from armillary.services._precise_figures import precise_figures, precise_words
from armillary.services._precise_product import PreciseProduct
from armillary.services._truth import Truth
from armillary.services.ppp import PppAnswer

from .test_assess_page import START_NS, MadeUpAssessment, made_up_station, outline

MEMBERS = ("glonass", "beidou", "glonass+beidou")
PRODUCT = PreciseProduct("WUM0MGXFIN")


def row(member: str, mode: str, rms_m: float, minutes: float | None, sessions: int) -> dict[str, object]:
    reached = 1.0 if minutes is not None else 0.25
    return {
        "member": member,
        "mode": mode,
        "solved": 2640,
        "e_m": 0.004,
        "n_m": -0.003,
        "u_m": 0.011,
        "rms_3d_m": rms_m,
        "p95_3d_m": 2 * rms_m,
        "mean_satellites": 8.0,
        "position_m": [1.0, 2.0, 3.0],
        "sessions": sessions,
        "convergence_min": {"0.30": 5.0, "0.10": minutes, "0.05": None} if sessions else {},
        "reached": {"0.30": 1.0, "0.10": reached, "0.05": 0.1} if sessions else {},
    }


def precise(errors: Mapping[str, tuple[float, float | None]], *, sessions: int = 11, gain: float | None = 3.0, epochs: int = 2880) -> PreciseDay:
    """Every member errs by a constant to the east."""
    tai_ns = START_NS + np.arange(epochs) * (86_400 // epochs) * 10**9
    east = np.concatenate([np.full(epochs, error) for error, _ in errors.values()])
    table = Table(
        {
            "member": np.repeat(list(errors), epochs),
            "flag": np.zeros(len(east), np.int64),
            "east_m": east,
            "north_m": np.zeros(len(east)),
            "up_m": np.zeros(len(east)),
        },
        Epochs(np.tile(tai_ns, len(errors))),
    )
    since_s = np.arange(360) * 30.0
    curves = tuple(
        Convergence(sessions, (5.0, m, None), (1.0, 1.0, 0.1), since_s, np.tile(error + 3.0 * np.exp(-since_s / 600.0), (sessions, 1)))
        for error, m in errors.values()
    )
    empty = Table({})
    answers = {
        mode: tuple(row(name, mode, *given, sessions if mode == "kinematic" else 0) for name, given in errors.items())
        for mode in ("kinematic", "static")
    }
    moving, still = (
        PppAnswer(
            "TEST",
            mode,
            False,
            Truth((1.0, 2.0, 3.0), "here"),
            empty,
            answers[mode],
            table,
            empty,
            empty,
            Epochs(tai_ns),
            convergence=curves,
            skip_h=2.0,
        )
        for mode in ("kinematic", "static")
    )
    return PreciseDay(moving, still, "WUM0MGXFIN", 2.0, "made up coordinates", None if gain is None else {"rms_3d_m": gain})


GOOD = {"glonass": (0.12, 80.0), "beidou": (0.09, 60.0), "glonass+beidou": (0.03, 15.0)}


def test_words_of_one_station() -> None:
    cells, gain = precise_cells(MEMBERS, [precise(GOOD)], "")
    assert [cell[0] for cell in cells] == ["12.0 cm", "9.0 cm", "3.0 cm"]
    assert cells[2][1] == "3D RMS after 2 h, kinematic; 10 cm in 15 min (100 % of 11 cold starts)"
    assert gain == ("× 3.00", "3D RMS over the best alone, same epochs; to 10 cm × 4.0 sooner", "better together")


def test_agreement_is_not_told_as_accuracy() -> None:
    own = replace(precise(GOOD), about="the static position of all systems together at the end of the day (agreement, not accuracy)")
    cells, _ = precise_cells(MEMBERS, [precise(GOOD), own], "")
    assert all("about the static position (no known coordinate)" in words for _, words in cells)
    assert "about static positions of their own" in precise_words(MEMBERS, [own])[0]


def test_medians_are_over_the_stations_that_every_member_serves() -> None:
    lacking = {**GOOD, "glonass": (nan, None), "glonass+beidou": (0.001, 1.0)}
    better = {"glonass": (0.10, 40.0), "beidou": (0.07, 30.0), "glonass+beidou": (0.02, 10.0)}
    found = precise_figures(MEMBERS, [precise(GOOD), precise(lacking), precise(better, gain=2.0)])
    assert found is not None and found.stations == 2 and found.alike
    assert found.members["glonass+beidou"].rms_3d_m == pytest.approx(0.025) and found.members["beidou"].minutes == 45.0
    assert found.gain_rms == 2.5 and found.gain_minutes == pytest.approx(45.0 / 12.5)
    (line,) = precise_words(MEMBERS, [precise(GOOD), precise(lacking), precise(better)])
    assert "medians of 2 stations" in line and "glonass+beidou 2.5 cm, 10 cm in 12 min" in line


def test_what_never_gets_there() -> None:
    slow = {**GOOD, "glonass": (0.5, None), "beidou": (0.4, None)}
    cells, gain = precise_cells(MEMBERS, [precise(slow)], "")
    assert "10 cm never (25 % of 11 cold starts)" in cells[0][1] and gain[1].endswith("only together to 10 cm")
    found = precise_figures(MEMBERS, [precise(slow)])
    assert found is not None and found.gain_minutes == inf
    cells, _ = precise_cells(MEMBERS, [precise(GOOD, sessions=0)], "")
    assert "cold starts" not in cells[0][1]


def test_nothing_given_says_why() -> None:
    cells, gain = precise_cells(MEMBERS, [], "no clocks")
    assert cells == [("unobserved", "no clocks")] * 3 and gain[0] == "–"
    assert precise_words(MEMBERS, []) == ()
    text = page(MadeUpAssessment(stations=(made_up_station(),)))
    assert "Precise positions are unobserved: no precise orbits and clocks" in text


def test_joining_that_hurts_is_told() -> None:
    _, gain = precise_cells(MEMBERS, [precise(GOOD, gain=0.8)], "")
    assert gain[0] == "× 0.80" and gain[2] == "worse together"


def test_the_table_has_a_row_per_member() -> None:
    (first, *_, last) = precise_rows([replace(made_up_station(), precise=precise(GOOD))])
    assert first["rms_cm"] == pytest.approx(12.0) and last["to_10_min"] == 15.0 and last["to_5_min"] == "never"
    assert (last["static_e_mm"], last["static_n_mm"], last["static_u_mm"]) == pytest.approx((4.0, -3.0, 11.0))


def test_pictures_have_every_member_and_words() -> None:
    station = replace(made_up_station(), precise=precise(GOOD))
    answer = MadeUpAssessment(stations=(station,), precise=PRODUCT)
    errors, curves = precise_errors(answer, station), convergence_curves(answer, [station])
    for figure, mark in ((errors, "dot m"), (curves, "bar m")):
        (image,) = figure.images
        assert all(f'class="{mark}{i}"' in image for i in range(3)), figure.title
    assert "GLONASS + BeiDou: 3D RMS 3.0 cm, 95 % 6.0 cm" in errors.data and "Every 8th epoch is drawn" in errors.method
    assert "every 2 h, each for 3 h (armillary ppp --sessions-h 3: every hour)" in curves.data and "BeiDou 10 cm in 60 min" in curves.images[0]


def test_one_picture_takes_the_width_of_the_page_and_several_share_it() -> None:
    stations = [replace(made_up_station(name), precise=precise(GOOD)) for name in ("ST00", "ST01")]
    answer = MadeUpAssessment(stations=tuple(stations), precise=PRODUCT)
    one, two = convergence_curves(answer, stations[:1]), convergence_curves(answer, stations)
    assert one.layout == "wide" and 'viewBox="0 0 960 ' in one.images[0]
    assert two.layout == "several" and all('viewBox="0 0 400 ' in image for image in two.images)


def test_the_minutes_that_are_named_are_in_the_picture() -> None:
    slow = {**GOOD, "glonass": (0.5, None)}
    station = replace(made_up_station(), precise=precise(slow))
    figure = convergence_curves(MadeUpAssessment(stations=(station,), precise=PRODUCT), [station])
    rings = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="5.0" class="ring m(\d)"><title>([^<]*)</title>', figure.images[0])
    # 3 h less half a minute from 46 to 952, and 10 cm halfway between 10 m and 1 cm by a third: 26 + 2/3 of 224
    across = [46 + minutes / 179.5 * 906 for minutes in (60.0, 15.0)]
    assert [(kind, words) for *_, kind, words in rings] == [("1", "BeiDou 10 cm in 60 min"), ("2", "GLONASS + BeiDou 10 cm in 15 min")]
    assert [float(x) for x, *_ in rings] == pytest.approx(across, abs=0.1) and {y for _, y, *_ in rings} == {"175.3"}
    assert "Circle:" in figure.method and "Minutes named" not in figure.method


def test_minutes_of_the_table_are_whole() -> None:
    (first, second, last) = precise_rows([replace(made_up_station(), precise=precise({**GOOD, "glonass": (0.1, 0.0), "beidou": (0.1, 94.4)}))])
    assert (first["to_10_min"], second["to_10_min"], last["to_10_min"]) == ("< 1", 94, 15)
    text = page(MadeUpAssessment(stations=(replace(made_up_station(), precise=precise(GOOD)),), precise=PRODUCT))
    assert "<td class=n>15</td>" in text and "15.00" not in text.split('id="precise"')[1].split("</section>")[0]


def test_the_table_names_what_errors_are_measured_against() -> None:
    one, other = (replace(made_up_station(name), precise=precise(GOOD)) for name in ("ST00", "ST01"))
    assert against([one, other]) == "Errors are measured against made up coordinates."
    assert other.precise is not None
    apart = replace(other, precise=replace(other.precise, about="another list"))
    assert against([one, apart]).startswith("The text below each station's picture")
    text = page(MadeUpAssessment(stations=(one, apart), precise=PRODUCT))
    assert "stands below" not in text and 'class="scroll cols many"' in text


@pytest.mark.slow
def test_the_page_of_many_stations_stays_small_and_well_formed() -> None:
    many = tuple(replace(made_up_station(f"ST{i:02d}"), precise=precise(GOOD)) for i in range(16))
    text = page(MadeUpAssessment(stations=many, precise=PRODUCT))
    assert len(text) < 4_000_000 and not outline(text).wrong
    assert text.count("precise positions through the day</h3>") == 16


@pytest.mark.parametrize("sessions", [0, 11])
def test_short_files_have_no_curve(sessions: int) -> None:
    station = replace(made_up_station(), precise=precise(GOOD, sessions=sessions))
    figure = convergence_curves(MadeUpAssessment(stations=(station,), precise=PRODUCT), [station])
    assert bool(figure.images) == bool(sessions)
