"""IONEX against a made file, the peaks a real file states, and a second interpolation; its answer to damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.ionosphere_maps import IonosphereMaps
from armillary.core.satellites import unpack
from armillary.core.scales import from_iso
from armillary.errors import FormatError, InputError, LimitError
from armillary.io import ionex
from armillary.io.source import Source, load_source

LATITUDES = np.arange(40.0, -41.0, -20.0)
LONGITUDES = np.arange(-180.0, 181.0, 20.0)


def label(content: str, name: str) -> str:
    return f"{content:<60}{name}\n"


def value(kind: str, hour: int, latitude: float, longitude: float) -> int:
    """Tenths of a TECU that the made maps hold: 9999 at one node."""
    if (kind, hour, latitude, longitude) == ("TEC", 2, 40.0, 0.0):
        return 9999
    return round(200 + latitude + 10 * hour + 50 * np.cos(np.radians(longitude))) if kind == "TEC" else 10 + hour


def one_map(kind: str, number: int, hour: int, *, exponent: str = "") -> str:
    text = label(f"{number:6d}", f"START OF {kind} MAP") + exponent + label(f"  2024     2    29{hour:6d}     0     0", "EPOCH OF CURRENT MAP")
    for latitude in LATITUDES:
        text += label(f"  {latitude:6.1f}-180.0 180.0  20.0 450.0", "LAT/LON1/LON2/DLON/H")
        row = [f"{value(kind, hour, latitude, longitude):5d}" for longitude in LONGITUDES]
        text += "".join(row[:16]) + "\n" + "".join(row[16:]) + "\n"
    return text + label(f"{number:6d}", f"END OF {kind} MAP")


HEADER = (
    label("     1.0            IONOSPHERE MAPS     GNSS", "IONEX VERSION / TYPE")
    + label("made maps", "DESCRIPTION")
    + label("  7200", "INTERVAL")
    + label("  COSZ", "MAPPING FUNCTION")
    + label("    10.0", "ELEVATION CUTOFF")
    + label("  6371.0", "BASE RADIUS")
    + label("     2", "MAP DIMENSION")
    + label("   450.0 450.0   0.0", "HGT1 / HGT2 / DHGT")
    + label("    40.0 -40.0 -20.0", "LAT1 / LAT2 / DLAT")
    + label("  -180.0 180.0  20.0", "LON1 / LON2 / DLON")
    + label("    -1", "EXPONENT")
    + label("a remark", "COMMENT")
    + label("DIFFERENTIAL CODE BIASES", "START OF AUX DATA")
    + label("   G01    -7.753     0.010", "PRN / BIAS / RMS")
    + label("    02     9.150     0.004", "PRN / BIAS / RMS")
    + label("   R  ABPO 33302M001          -1.639     0.053", "STATION / BIAS / RMS")
    + label("DIFFERENTIAL CODE BIASES", "END OF AUX DATA")
    + label("", "END OF HEADER")
)
SAMPLE = HEADER + "".join(one_map("TEC", i + 1, h) for i, h in enumerate((0, 2, 24))) + one_map("RMS", 1, 0) + label("", "END OF FILE")


def read(text: str | bytes, **options: bool) -> IonosphereMaps:
    return ionex.read(Source("made.i", text if isinstance(text, bytes) else text.encode("latin-1")), **options)


def test_a_made_file():
    maps = read(SAMPLE, strict=True)
    # Hour 24 of the last map is the next midnight.
    assert maps.epochs == from_iso(["2024-02-29T00:00", "2024-02-29T02:00", "2024-03-01T00:00"], "UTC")
    assert maps.latitude_rad == pytest.approx(np.radians(LATITUDES[::-1])) and maps.longitude_rad == pytest.approx(np.radians(LONGITUDES))
    assert maps.tec_tecu.shape == (3, 5, 19)
    expected = [[[value("TEC", h, p, q) / 10 for q in LONGITUDES] for p in LATITUDES[::-1]] for h in (0, 2, 24)]
    expected[1][4][9] = np.nan
    assert np.array_equal(maps.tec_tecu, expected, equal_nan=True)
    assert maps.rms_tecu is not None and (maps.rms_tecu[0] == 1.0).all() and np.isnan(maps.rms_tecu[1:]).all()
    assert (maps.height_m, maps.base_radius_m, maps.mapping_function, maps.interval_s) == (450e3, 6371e3, "COSZ", 7200.0)
    # Nanoseconds divided by 1e9 round twice: a unit in the last place.
    assert list(unpack(maps.sat)) == ["G01", "G02"] and maps.satellite_bias_s == pytest.approx([-7.753e-9, 9.15e-9], rel=3e-16)
    station = maps.station_biases[0]
    assert (station.system, station.station, station.domes) == ("R", "ABPO", "33302M001")
    assert (station.bias_s, station.sigma_s) == pytest.approx((-1.639e-9, 0.053e-9), rel=3e-16)
    assert (maps.description, maps.comments) == (("made maps",), ("a remark",))


@pytest.mark.parametrize("exponent, scale", [(-2, 0.01), (0, 1.0), (1, 10.0)])
def test_exponent_of_the_header_and_of_a_map(exponent, scale):
    line = label(f"{exponent:6d}", "EXPONENT")
    assert read(SAMPLE.replace(label("    -1", "EXPONENT"), line)).tec_tecu[0, 0, 0] == pytest.approx(110 * scale, rel=1e-15)
    text = HEADER + one_map("TEC", 1, 0, exponent=line) + one_map("TEC", 2, 2) + label("", "END OF FILE")
    maps = read(text, strict=True)
    assert maps.tec_tecu[0, 0, 0] == pytest.approx(110 * scale, rel=1e-15) and maps.tec_tecu[1, 0, 0] == 13.0


def test_nodes_are_met_exactly():
    maps = read(SAMPLE)
    for m in range(3):
        for i in (0, 2, 4):
            for j in (0, 5, 17):
                found = maps.vertical_tec(maps.epochs[m], maps.latitude_rad[i], maps.longitude_rad[j])
                assert found == pytest.approx(maps.tec_tecu[m, i, j], rel=1e-13)


def test_between_two_maps_each_is_turned_with_the_sun():
    maps = read(SAMPLE)
    # Half an hour after the first map: it is turned 7.5 degrees, the second (two hours) -22.5.
    when = from_iso("2024-02-29T00:30", "UTC")

    def field(hour: int, degrees: float) -> float:
        at = np.clip(int((degrees + 180) // 20), 0, 17)
        one, two = (value("TEC", hour, 0.0, LONGITUDES[k]) / 10 for k in (at, at + 1))
        share = (degrees - LONGITUDES[at]) / 20
        return one * (1 - share) + two * share

    for longitude in (-100.0, 5.0, 33.0):
        expected = 0.75 * field(0, longitude + 7.5) + 0.25 * field(2, longitude - 22.5)
        assert maps.vertical_tec(when, 0.0, np.radians(longitude)) == pytest.approx(expected, rel=1e-12)


def test_outside_the_maps():
    maps = read(SAMPLE)
    times = from_iso(["2024-02-28T23:59:59", "2024-02-29T00:00:00", "2024-03-01T00:00:00", "2024-03-01T00:00:01"], "UTC")
    assert np.isnan(maps.vertical_tec(times, 0.0, 0.0)).tolist() == [True, False, False, True]
    # Beyond the grid the last row; longitudes any number of turns.
    assert maps.vertical_tec(maps.epochs[0], np.radians(80.0), 0.0) == pytest.approx(maps.tec_tecu[0, -1, 9])
    assert maps.vertical_tec(maps.epochs[0], 0.3, 1.0) == pytest.approx(maps.vertical_tec(maps.epochs[0], 0.3, 1.0 - 4 * np.pi), rel=1e-12)
    # A gap at a node touches only what needs it.
    gap = maps.vertical_tec(maps.epochs[1], np.radians([40.0, 40.0, 19.0]), np.radians([1.0, 21.0, 1.0]))
    assert np.isnan(gap).tolist() == [True, False, False]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 86_400), st.floats(-90, 90), st.floats(-360, 360))
def test_interpolation_stays_within_the_maps(second, latitude, longitude):
    maps = read(SAMPLE.replace(" 9999", "  300"))
    found = float(maps.vertical_tec(maps.epochs[0].shifted(second), np.radians(latitude), np.radians(longitude))[0])
    assert maps.tec_tecu.min() - 1e-9 <= found <= maps.tec_tecu.max() + 1e-9


# --- damage ---------------------------------------------------------------------------------------------------------

ROW = one_map("TEC", 1, 0).splitlines(keepends=True)[3]


@pytest.mark.parametrize(
    "old, new, reason",
    [
        (ROW, ROW[:-2] + "x\n", "a row of a map that does not fit"),
        (ROW, ROW[:40] + "\n", "a row of a map that does not fit"),
        ("    40.0-180.0 180.0", "    33.0-180.0 180.0", "a row of a map that does not fit"),
        ("  2024     2    29     0", "  2024     2    31     0", "not an epoch"),
        (label("     1", "END OF TEC MAP"), "", "a map without its end"),
        (label("", "END OF FILE"), "", "END OF FILE is missing"),
        (label("", "END OF HEADER"), "", "END OF HEADER is missing"),
        ("  2024     2    29     2", "  2024     2    29     0", "a second map of the same epoch"),
        ("START OF RMS MAP", "START OF HGT MAP", "maps of hgt kind are not kept"),
    ],
)
def test_damage_is_named(old, new, reason):
    damaged = SAMPLE.replace(old, new, 1)
    assert damaged != SAMPLE
    maps = read(damaged)
    assert any(loss.reason.startswith(reason) for loss in maps.losses)
    assert len(maps.epochs) >= 2
    with pytest.raises(FormatError):
        read(damaged, strict=True)


def test_a_damaged_row_leaves_the_others():
    maps = read(SAMPLE.replace(ROW, ROW[:-2] + "x\n", 1))
    whole = read(SAMPLE)
    assert np.isnan(maps.tec_tecu[0, 4]).all() and np.array_equal(maps.tec_tecu[0, :4], whole.tec_tecu[0, :4])


@pytest.mark.parametrize(
    "old, new, error",
    [
        ("   450.0 450.0   0.0", "   250.0 450.0 100.0", FormatError),
        ("    40.0 -40.0 -20.0", "    40.0 -40.0  20.0", FormatError),
        ("    40.0 -40.0 -20.0", "    40.0 -40.0   0.0", FormatError),
        ("    40.0 -40.0 -20.0", "    40.0  40.0 -20.0", LimitError),
        ("  -180.0 180.0  20.0", "  -180.0 180.0 0.001", LimitError),
    ],
)
def test_grids_that_cannot_be(old, new, error):
    with pytest.raises(error):
        read(SAMPLE.replace(old, new, 1))


def test_maps_without_room_in_the_file_are_refused():
    head = HEADER.replace("    40.0 -40.0 -20.0", "    40.0 -40.0  -0.1").replace("  -180.0 180.0  20.0", "  -180.0 180.0   0.5")
    empty = one_map("TEC", 1, 0)
    with pytest.raises(LimitError, match="more grid nodes than the file has room for"):
        read(head + empty * 40 + label("", "END OF FILE"))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, len(SAMPLE)), st.booleans())
@pytest.mark.filterwarnings("ignore:the leap-second table ends")
def test_any_bytes_give_maps_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, number in changes:
        data[at] = number
    for text in (bytes(data), bytes(data[:stop])):
        try:
            maps = read(text, strict=strict)
        except InputError:
            continue
        assert maps.tec_tecu.shape == (len(maps.epochs), len(maps.latitude_rad), len(maps.longitude_rad))


# --- real files -----------------------------------------------------------------------------------------------------

REAL = {"gnss/2019-045/codg0450.19i.gz": (25, 32, 264, 3600.0), "products/jplg0010.17i.gz": (13, 32, 196, 7200.0)}


@pytest.mark.real_data
@pytest.mark.parametrize("path", REAL)
def test_real_file(data_dir, path):
    n_maps, n_sats, n_stations, interval_s = REAL[path]
    source = load_source(data_dir / path)
    maps = ionex.read(source, strict=True)
    assert maps.tec_tecu.shape == (n_maps, 71, 73) and maps.rms_tecu is not None and maps.rms_tecu.shape == maps.tec_tecu.shape
    assert len(maps.station_biases) == n_stations and maps.interval_s == interval_s
    assert len(maps.sat) == source.data.count(b"PRN / BIAS / RMS") == n_sats
    assert (np.diff(maps.epochs.tai_ns) == interval_s * 1e9).all()
    # A second reading: every five columns of every line of numbers, in order.
    lines = [line for line in source.data.decode("latin-1").splitlines() if line and not line[60:80].strip(" 0123456789-").strip()]
    body = lines[next(i for i, line in enumerate(lines) if len(line) == 80) :]
    numbers = np.array([int(line[i : i + 5]) for line in body for i in range(0, len(line.rstrip()), 5)])
    both = np.concatenate([maps.tec_tecu[:, ::-1].ravel(), maps.rms_tecu[:, ::-1].ravel()])
    assert np.array_equal(np.rint(both * 10), numbers)


@pytest.mark.real_data
def test_peaks_are_those_the_file_states(data_dir):
    maps = ionex.read(load_source(data_dir / "gnss/2019-045/codg0450.19i.gz"))
    place = next(i for i, comment in enumerate(maps.comments) if comment.startswith("Peak TEC values"))
    stated = [int(word) for comment in maps.comments[place + 1 : place + 4] for word in comment.split()]
    assert np.rint(maps.tec_tecu.max(axis=(1, 2)) * 10).astype(int).tolist() == stated
    # Turning with the Sun: a quarter of an hour off a map differs little from it, 0.5 TECU on a quiet day.
    when = maps.epochs[12].shifted(900.0)
    at = np.radians(np.arange(-180.0, 180.0, 5.0))
    assert np.abs(maps.vertical_tec(when, 0.0, at) - maps.vertical_tec(maps.epochs[12], 0.0, at + np.radians(3.75))).max() < 1.0
