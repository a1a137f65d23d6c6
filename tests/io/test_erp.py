"""IGS Earth rotation files against the IERS series and made files; their answer to damage."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.scales import from_iso
from armillary.errors import FormatError, InputError
from armillary.io import erp
from armillary.io.source import Source, load_source

ARCSECOND = np.pi / 648_000
SAMPLE = """\
version 2
EOP  SOLUTION
  MJD       Xpole    Ypole   UT1-UTC    LOD   Xsig   Ysig   UTsig LODsig  Nr Nf Nt     Xrt    Yrt  Xrtsig Yrtsig
               10**-6"        .1us    .1us/d    10**-6"     .1us  .1us/d                10**-6"/d    10**-6"/d
60135.50   210864   501430   -304918  -3980      4      5       6      8   0  0  0    2704   -995      15     16
60134.25   208280   502585   -308359  -2590      4      4       0      8   0  0  0    2667  -1195      15     16
"""


def read(text: str | bytes, **options: bool) -> EarthRotationSeries:
    return erp.read(Source("made.erp", text if isinstance(text, bytes) else text.encode("latin-1")), **options)


def test_a_made_file():
    series = read(SAMPLE, strict=True)
    assert series.epochs == from_iso(["2023-07-09T06:00", "2023-07-10T12:00"], "UTC")
    assert series.x_pole_rad == pytest.approx(np.array([0.208280, 0.210864]) * ARCSECOND, rel=1e-14)
    assert series.y_pole_rad == pytest.approx(np.array([0.502585, 0.501430]) * ARCSECOND, rel=1e-14)
    assert series.ut1_minus_utc_s == pytest.approx([-0.0308359, -0.0304918], rel=1e-14)
    assert series.length_of_day_s == pytest.approx([-0.000259, -0.000398], rel=1e-14)
    assert series.x_pole_sigma_rad[1] == pytest.approx(4e-6 * ARCSECOND) and series.y_pole_sigma_rad[1] == pytest.approx(5e-6 * ARCSECOND)
    assert (series.ut1_sigma_s[1], series.length_of_day_sigma_s[1]) == (pytest.approx(6e-7), pytest.approx(8e-7))
    assert series.y_pole_rate_rad_s == pytest.approx(np.array([-0.001195, -0.000995]) * ARCSECOND / 86400)
    assert series.comments == ("EOP  SOLUTION",) and len(series) == 2


def test_columns_are_found_by_name():
    series = read(SAMPLE.replace("UT1-UTC    LOD", "LOD    UT1-UTC"))
    assert series.length_of_day_s[0] == pytest.approx(-0.0308359)
    assert np.isnan(read(SAMPLE.replace("Xrt ", "Foo ")).x_pole_rate_rad_s).all()


@pytest.mark.parametrize(
    "old, new, line, reason",
    [
        ("208280", "20x280", 6, "not a line of numbers"),
        ("  2667  -1195      15     16\n", "\n", 6, "not a line of numbers"),
        ("60134.25", "99999.25", 6, "not a line of numbers"),
        ("60134.25", "60135.50", 6, "an epoch given twice"),
    ],
)
def test_damage_is_named(old, new, line, reason):
    series = read(SAMPLE.replace(old, new, 1))
    assert len(series) == 1 and series.losses[0].first_line == line and series.losses[0].reason.startswith(reason)
    with pytest.raises(FormatError):
        read(SAMPLE.replace(old, new, 1), strict=True)


def test_other_versions_and_files_are_refused():
    for text in ("", "version 1\n" + SAMPLE[10:], SAMPLE.replace("MJD", "DAY")):
        with pytest.raises(FormatError):
            read(text)
    assert erp.SNIFF(SAMPLE.encode()) and not erp.SNIFF(b"version 2\nsomething else")


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, len(SAMPLE)), st.booleans())
@pytest.mark.filterwarnings("ignore:the leap-second table ends")
def test_any_bytes_give_a_series_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, value in changes:
        data[at] = value
    for text in (bytes(data), bytes(data[:stop])):
        try:
            series = read(text, strict=strict)
        except InputError:
            continue
        assert len(series.x_pole_rad) == len(series)


@pytest.mark.real_data
@pytest.mark.parametrize("name, n", [("IGS0OPSFIN_20231900000_07D_01D_ERP.ERP", 7), ("WUM0MGXFIN_20200010000_01D_01D_ERP.ERP.gz", 1)])
def test_real_file_agrees_with_the_iers_series(data_dir, name, n):
    series = erp.read(load_source(data_dir / "products" / name), strict=True)
    assert len(series) == n
    # finals.all (IERS, another combination): MJD in columns 8-15, x 19-27, y 38-46 arc seconds, UT1-UTC 59-68 seconds, daily at midnight.
    text = gzip.decompress((data_dir / "physics/finals.all.iau2000.txt.gz").read_bytes()).decode()
    rows = np.array([[float(line[a:b]) for a, b in ((7, 15), (18, 27), (37, 46), (58, 68))] for line in text.splitlines() if line[58:68].strip()])
    mjd = series.epochs.seconds_since(from_iso("2000-01-01", "UTC")) // 1 / 86400 + 51544
    leap = (37 - 32) / 86400  # UTC lost five seconds against TAI from 2000 to these days.
    x, y, ut1 = (np.interp(mjd - leap, rows[:, 0], rows[:, k]) for k in (1, 2, 3))
    # Centres agree to 0.1 mas; half a day of straight lines adds about as much. UT1 of a satellite centre: 0.1 ms.
    assert series.x_pole_rad / ARCSECOND == pytest.approx(x, abs=3e-4)
    assert series.y_pole_rad / ARCSECOND == pytest.approx(y, abs=3e-4)
    assert series.ut1_minus_utc_s == pytest.approx(ut1, abs=1.5e-4)
