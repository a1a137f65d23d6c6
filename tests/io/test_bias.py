"""Bias-SINEX against a made file, a second reading of the real files and the manifest; its answer to damage."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.biases import Biases
from armillary.core.coordinates import ALWAYS_NS
from armillary.core.satellites import pack_one
from armillary.core.scales import from_iso
from armillary.errors import FormatError, InputError
from armillary.io import bias
from armillary.io.source import Source, load_source

SAMPLE = """\
%=BIA 1.00 TST 2023:195:08823 TST 2023:189:00000 2023:190:00000 A 00000007
+FILE/COMMENT
 made biases
-FILE/COMMENT
+BIAS/DESCRIPTION
*KEYWORD________________________________ VALUE(S)_______________________________
 OBSERVATION_SAMPLING                             300
 BIAS_MODE                               ABSOLUTE
 APC_MODEL                               IGS20
 TIME_SYSTEM                             G
 SATELLITE_CLOCK_REFERENCE_OBSERVABLES   G  C1W  C2W
 SATELLITE_CLOCK_REFERENCE_OBSERVABLES   R
 SATELLITE_CLOCK_REFERENCE_OBSERVABLES   C  C2I  C6I
-BIAS/DESCRIPTION
+BIAS/SOLUTION
*BIAS SVN_ PRN STATION__ OBS1 OBS2 BIAS_START____ BIAS_END______ UNIT __ESTIMATED_VALUE____ _STD_DEV___ __ESTIMATED_SLOPE____ _STD_DEV___
 OSB  G063 G01           C1C       2023:189:00000 2023:189:43200 ns                 -1.3490      0.0065
 OSB  G063 G01           C1C       2023:189:43200 2023:190:00000 ns                 -1.5490      0.0065
 OSB  G063 G01           L1C       2023:189:00000 2023:190:00000 cyc                 0.2500      0.0100
 DSB  C201 C19           C2I  C6I  2023:189:00000 0000:000:00000 ns     2.12500000000E+01      0.1000     1.00000000000E-02  1.0000E-03
 OSB  R730 R01 ABPO00MDG C1P       2023:189:00000 2023:190:00000 ns                 -7.5000      0.0500
 OSB  G    G   ABPO00MDG C1C       2023:189:00000 2023:190:00000 ns                  3.0000      0.0500
 ISB  C    C   ABPO00MDG C2I       2023:189:00000 2023:190:00000 ns                 12.0000
-BIAS/SOLUTION
%=ENDBIA
"""


def read(text: str | bytes, **options: bool) -> Biases:
    return bias.read(Source("made.bia", text if isinstance(text, bytes) else text.encode("latin-1")), **options)


def test_a_made_file():
    biases = read(SAMPLE, strict=True)
    assert biases.kind.tolist() == ["OSB", "OSB", "OSB", "DSB", "OSB", "OSB", "ISB"]
    # A system's own delay at a receiver has number 0.
    assert biases.sat.tolist() == [7101, 7101, 7101, 6719, 8201, 7100, 6700]
    assert biases.station.tolist() == ["", "", "", "", "ABPO00MDG", "ABPO00MDG", "ABPO00MDG"]
    assert biases.observable_1.tolist() == ["C1C", "C1C", "L1C", "C2I", "C1P", "C1C", "C2I"] and biases.observable_2[3] == "C6I"
    assert biases.bias_s[:2].tolist() == [-1.349e-9, -1.549e-9] and np.isnan(biases.bias_s[2])
    assert (biases.bias_cycles[2], biases.sigma_cycles[2]) == (0.25, 0.01) and np.isnan(biases.bias_cycles[:2]).all()
    # Nanoseconds divided by 1e9 round twice: a unit in the last place.
    assert (biases.bias_s[3], biases.slope_s_s[3]) == pytest.approx((21.25e-9, 1e-11), rel=3e-16) and biases.slope_s_s[0] == 0.0
    assert np.isnan(biases.sigma_s[6])
    assert biases.valid_from_ns[0] == from_iso("2023-07-08", "GPST").tai_ns[0] and biases.valid_until_ns[3] == ALWAYS_NS
    assert biases.clock_reference == (("G", "C1W", "C2W"), ("C", "C2I", "C6I"))
    assert (biases.antenna_model, biases.agency, biases.absolute, biases.time_scale) == ("IGS20", "TST", True, "GPST")
    assert biases.comments == ("made biases",) and ("APC_MODEL", "IGS20") in biases.description


def test_finding_a_bias():
    biases = read(SAMPLE)
    morning, noon, next_day = (from_iso(text, "GPST") for text in ("2023-07-08T01:00", "2023-07-08T12:00", "2023-07-09T00:00"))
    g01, c19 = pack_one("G01"), pack_one("C19")
    assert biases.find(g01, ("C1C",), epoch=morning) == -1.349e-9
    # An interval's end belongs to the next one.
    assert biases.find(g01, ("C1C",), epoch=noon) == -1.549e-9
    assert np.isnan(biases.find(g01, ("C1C",), epoch=next_day)) and np.isnan(biases.find(g01, ("L1C",))) and np.isnan(biases.find(g01, ("C5Q",)))
    assert biases.find(c19, ("C2I", "C6I")) == 21.25e-9 and biases.find(c19, ("C6I", "C2I")) == -21.25e-9
    assert biases.find(pack_one("R01"), ("C1P",), station="abpo00mdg") == -7.5e-9 and np.isnan(biases.find(pack_one("R01"), ("C1P",)))
    assert biases.rows(station="ABPO00MDG").tolist() == [4, 5, 6]


@pytest.mark.parametrize("code, scale", [("G", "GPST"), ("C", "BDT"), ("R", "UTC"), ("UTC", "UTC"), ("E", "GST")])
def test_time_system(code, scale):
    biases = read(SAMPLE.replace("TIME_SYSTEM                             G", f"TIME_SYSTEM                             {code}"))
    assert biases.time_scale == scale and biases.valid_from_ns[0] == from_iso("2023-07-08", scale).tai_ns[0]
    with pytest.raises(FormatError, match="time system 'X'"):
        read(SAMPLE.replace("TIME_SYSTEM                             G", "TIME_SYSTEM                             X"))


@pytest.mark.parametrize(
    "old, new, reason",
    [
        ("                 -1.3490", "                 -1.x490", "not a bias"),
        (" OSB  G063 G01           C1C       2023:189:00000", " OSB  G063 G01           C1C       2023:999:00000", "not a bias"),
        (" OSB  G063 G01", " XSB  G063 G01", "not a bias"),
        (" OSB  G063 G01", " OSB  G063 G?1", "not a bias"),
        ("ns                 -1.3490", "km                 -1.3490", "not a bias"),
        ("A 00000007", "A 00000009", "the header announces 9 biases, 7 were read"),
        ("-BIAS/SOLUTION\n", "", "block BIAS/SOLUTION has no end"),
        ("%=ENDBIA\n", "", "%=ENDBIA is missing"),
    ],
)
def test_damage_is_named(old, new, reason):
    damaged = SAMPLE.replace(old, new, 1)
    assert damaged != SAMPLE
    biases = read(damaged)
    assert any(loss.reason.startswith(reason) for loss in biases.losses) and len(biases) >= 6
    with pytest.raises(FormatError):
        read(damaged, strict=True)


def test_a_header_that_announces_too_few_loses_nothing():
    # Files of one centre announce the same 6078 every day.
    assert read(SAMPLE.replace("A 00000007", "A 00000005"), strict=True).losses == ()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, len(SAMPLE)), st.booleans())
@pytest.mark.filterwarnings("ignore:the leap-second table ends")
def test_any_bytes_give_biases_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, value in changes:
        data[at] = value
    for text in (bytes(data), bytes(data[:stop])):
        try:
            biases = read(text, strict=strict)
        except InputError:
            continue
        assert len(biases.bias_s) == len(biases) <= 7


REAL = {
    "gnss/2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz": ({"OSB": 13900}, "GRE", "COD"),
    "products/COD0MGXFIN_20231890000_01D_01D_OSB.BIA.gz": ({"OSB": 7336}, "GRECJ", "COD"),
    "products/CAS0MGXRAP_20231920000_01D_01D_DCB.BSX.gz": ({"DSB": 6132}, "GRECJ", "CAS"),
    "products/CAS0MGXRAP_20251770000_01D_01D_DCB.BSX.gz": ({"DSB": 6130}, "GRECJ", "CAS"),
}


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("path", REAL)
def test_real_file(data_dir, path):
    counts, letters, agency = REAL[path]
    source = load_source(data_dir / path)
    biases = bias.read(source, strict=True)
    assert Counter(biases.kind.tolist()) == counts and biases.agency == agency
    assert {chr(int(s) // 100) for s in biases.sat} == set(letters)
    lines = [line for line in source.data.decode("latin-1").splitlines() if line[1:5] in ("OSB ", "DSB ")]
    # A second reading: the words of the line behind the unit.
    assert biases.bias_s.tolist() == [float(line.split(" ns ")[1].split()[0]) / 1e9 for line in lines]
    assert biases.sigma_s.tolist() == [float(line.split(" ns ")[1].split()[1]) / 1e9 for line in lines]
    assert biases.observable_1.tolist() == [line[25:29].strip() for line in lines]
    assert (biases.valid_until_ns - biases.valid_from_ns == 86_400_000_000_000).all()


@pytest.mark.real_data
def test_glonass_biases_of_code_are_per_station(data_dir):
    biases = bias.read(load_source(data_dir / "gnss/2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz"))
    own, at_stations = biases.sat // 100 == ord("R"), biases.station != ""
    single = own & (biases.sat % 100 > 0) & at_stations
    assert single.sum() > 10_000
    assert biases.find(pack_one("G01"), ("C1C",)) == -0.7463e-9
    assert biases.clock_reference == (("G", "C1W", "C2W"), ("E", "C1C", "C5Q"))


@pytest.mark.real_data
def test_two_centres_agree_on_differential_biases(data_dir):
    code = bias.read(load_source(data_dir / "products/COD0MGXFIN_20231890000_01D_01D_OSB.BIA.gz"))
    cas = bias.read(load_source(data_dir / "products/CAS0MGXRAP_20231920000_01D_01D_DCB.BSX.gz"))
    sats = [pack_one(f"G{n:02d}") for n in range(1, 33)]
    pairs = np.array([[code.find(s, ("C2W",)) - code.find(s, ("C2L",)), cas.find(s, ("C2W", "C2L"))] for s in sats])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    # Independent solutions three days apart, each with its own zero mean (seen: 25 satellites, correlation 0.9995, 0.03 ns about the mean).
    assert len(pairs) >= 20 and np.corrcoef(pairs.T)[0, 1] > 0.99 and np.diff(pairs).std() < 0.1e-9
