"""BLQ files: the head of the loading service, blocks with and without comments, and damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.ocean_loading import CONSTITUENTS, OceanLoading
from armillary.errors import FormatError, InputError
from armillary.io import blq
from armillary.io.reading import format_of
from armillary.io.source import Source
from armillary.services._describe import describe
from armillary.services._describe_products import OceanLoadingContent

HEAD = """\
$$ Ocean loading displacement
$$
$$ COLUMN ORDER:  M2  S2  N2  K2  K1  O1  P1  Q1  MF  MM SSA
$$
$$ Displacement is defined positive in upwards, South and West direction.
$$ CMC:  NO (corr.tide centre of mass)
$$ END HEADER
$$
"""
# As the IERS prints them for its program HARDISP.
ONSALA = """\
  ONSALA
$$ CSR4.0_f_PP ID: 2009-06-25 17:43:24
$$ Onsala,                              lon/lat:   11.9264   57.3958    0.00
  .00352 .00123 .00080 .00032 .00187 .00112 .00063 .00003 .00082 .00044 .00037
  .00144 .00035 .00035 .00008 .00053 .00049 .00018 .00009 .00012 .00005 .00006
  .00086 .00023 .00023 .00006 .00029 .00028 .00010 .00007 .00004 .00002 .00001
   -64.7  -52.0  -96.2  -55.2  -58.8 -151.4  -65.6 -138.1    8.4    5.2    2.1
    85.5  114.5   56.5  113.6   99.4   19.1   94.1  -10.4 -167.4 -170.0 -177.7
   109.5  147.0   92.7  148.8   50.5  -55.1   36.4 -170.4  -15.0    2.3    5.2
"""
REYKJAVIK = """\
$$
  REYK 10202M001
$$ Computed by OLMPP by H G Scherneck, Onsala Space Observatory, 2009
$$ Reykjavik,                           lon/lat:  -21.9555   64.1388   93.00
  .02359 .01481 .00448 .00419 .00273 .00033 .00088 .00005 .00081 .00034 .00034
  .00514 .00280 .00089 .00078 .00106 .00074 .00035 .00018 .00004 .00001 .00003
  .00209 .00077 .00051 .00021 .00151 .00066 .00047 .00019 .00014 .00008 .00006
    78.5  102.3   76.3  104.1  -52.0 -160.4  -52.6 -128.0 -174.8 -175.7 -178.1
    54.2   93.8   38.9   96.9    2.3  -12.5    3.1  -31.6 -144.4 -122.6 -173.5
   156.2 -167.1  141.9 -164.9  155.9  178.7  155.6 -168.5  177.7  178.7  179.7
$$ END TABLE
"""
SAMPLE = HEAD + ONSALA + REYKJAVIK


def read(text: str, **options: bool) -> OceanLoading:
    return blq.read(Source("made.blq", text.encode("latin-1")), **options)


def test_a_file_of_two_stations():
    loading = read(SAMPLE, strict=True)
    assert [station.name for station in loading.stations] == ["ONSALA", "REYK 10202M001"] and not loading.losses
    assert loading.center_of_mass is False and "END HEADER" in loading.comments
    onsala, reykjavik = loading.find("onsa"), loading.find("REYK00ISL")
    assert onsala is loading.stations[0] and reykjavik is loading.stations[1]
    assert onsala.amplitude_m[:, 0].tolist() == [0.00352, 0.00144, 0.00086]  # M2: up, west, south
    assert np.degrees(onsala.phase_rad[:, 10]) == pytest.approx([2.1, -177.7, 5.2])  # Ssa
    assert np.degrees([onsala.longitude_rad, onsala.latitude_rad]) == pytest.approx([11.9264, 57.3958]) and onsala.height_m == 0.0
    assert reykjavik.height_m == 93.0 and reykjavik.comments[0].startswith("Computed by OLMPP")


def test_columns_are_found_by_their_names():
    names = list(CONSTITUENTS)
    turned = read(SAMPLE.replace("  M2  S2  N2", "  S2  M2  N2"))
    assert turned.stations[0].amplitude_m[0, :3].tolist() == [0.00123, 0.00352, 0.00080]
    for wrong in (SAMPLE.replace("SSA", "SA"), SAMPLE.replace(" SSA", "")):
        with pytest.raises(FormatError, match=f"expected {' '.join(names)} in any order"):
            read(wrong)


def test_blocks_without_comments_and_head():
    bare = "  ONSA\n" + "".join(line + "\n" for line in ONSALA.split("\n") if line[:3] in ("  .", "   ", "  1"))
    loading = read(bare + REYKJAVIK, strict=True)
    assert len(loading) == 2 and np.isnan(loading.stations[0].latitude_rad) and loading.center_of_mass is None


@pytest.mark.parametrize(
    "old, new, line, reason",
    [
        ("  .00144 .00035", "  .00144 .0x035", 13, "not 11 numbers"),
        (".00053 .00049 .00018", ".00053 .00049", 13, "not 11 numbers, but 10 words"),
        ("  .00352", "  1.0052", 12, "amplitudes of station ONSALA are not 0 to 1 metres"),
        ("  .00352", " -.00352", 12, "amplitudes of station ONSALA are not 0 to 1 metres"),
        ("   -64.7", "  -640.7", 15, "phases of station ONSALA are not -360 to 360 degrees"),
        (
            "   109.5  147.0   92.7  148.8   50.5  -55.1   36.4 -170.4  -15.0    2.3    5.2\n",
            "",
            9,
            "station ONSALA has 5 rows of coefficients, not 6",
        ),
    ],
)
def test_damage_is_named_and_costs_one_station(old, new, line, reason):
    assert old in SAMPLE
    loading = read(SAMPLE.replace(old, new, 1))
    assert [station.name for station in loading.stations] == ["REYK 10202M001"]
    assert loading.losses[0].first_line == line and loading.losses[0].reason.startswith(reason)
    with pytest.raises(FormatError):
        read(SAMPLE.replace(old, new, 1), strict=True)


def test_a_station_given_twice_and_rows_without_a_name():
    twice = read(HEAD + ONSALA + ONSALA.replace(".00352", ".00999"))
    assert len(twice) == 1 and twice.stations[0].amplitude_m[0, 0] == 0.00352 and "given twice" in twice.losses[0].reason
    nameless = read(HEAD + ONSALA.replace("  ONSALA\n", "") + REYKJAVIK)
    assert len(nameless) == 1 and nameless.losses[0].reason == "a row of coefficients before the name of a station"
    seven = read(HEAD + ONSALA + "   109.5  147.0   92.7  148.8   50.5  -55.1   36.4 -170.4  -15.0    2.3    5.2\n" + REYKJAVIK)
    assert [station.name for station in seven.stations] == ["REYK 10202M001"]


def test_nothing_readable_is_refused():
    for text in ("", HEAD, "$$ only comments\n"):
        with pytest.raises(FormatError):
            read(text)


def test_it_is_recognised_by_content():
    for text in (SAMPLE, ONSALA, "\n" + ONSALA):
        assert format_of(Source("any.txt", text.encode())) is blq
    for text in ("$$ a remark\nsomething else\n", "NIST 1.0 2.0 3.0\n", ""):
        assert not blq.SNIFF(text.encode())


def test_it_is_described():
    description = describe(read(SAMPLE))
    assert description.kind == "ocean loading" and isinstance(description.content, OceanLoadingContent)
    lines = dict(description.content.lines())
    assert lines["stations"] == "2: ONSALA, REYK 10202M001" and lines["largest amplitude"] == "23.6 mm (REYK 10202M001)"
    assert lines["centre of mass"] == "its motion is not in the coefficients"


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, len(SAMPLE)), st.booleans())
def test_any_bytes_give_coefficients_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, value in changes:
        data[at] = value
    for content in (bytes(data), bytes(data[:stop])):
        try:
            loading = blq.read(Source("made.blq", content), strict=strict)
        except InputError:
            continue
        for station in loading.stations:
            assert station.amplitude_m.shape == station.phase_rad.shape == (3, 11) and np.isfinite(station.amplitude_m).all()
