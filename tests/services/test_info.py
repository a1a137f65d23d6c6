"""What ``armillary info`` says, against counts made by hand and those of the real data's manifest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.plain import dumps
from armillary.core.precise import PreciseClocks
from armillary.core.scales import from_calendar
from armillary.errors import FormatError, InputError, UnknownFormatError
from armillary.io import clk
from armillary.services._content import numbers, seconds, span
from armillary.services._describe import describe
from armillary.services.info import info

LABELS = [
    ("     3.04           OBSERVATION DATA    M", "RINEX VERSION / TYPE"),
    ("TEST00XYZ", "MARKER NAME"),
    ("00000M001", "MARKER NUMBER"),
    ("somebody            an agency", "OBSERVER / AGENCY"),
    ("4711                RECEIVER ONE        1.2.3", "REC # / TYPE / VERS"),
    ("0815                ANTENNA ONE     NONE", "ANT # / TYPE"),
    ("  6378137.0000        0.0000        0.0000", "APPROX POSITION XYZ"),
    ("        0.1230        0.0000        0.0000", "ANTENNA: DELTA H/E/N"),
    ("R    3 C1C L1C S1C", "SYS / # / OBS TYPES"),
    ("C    2 C2I L2I", "SYS / # / OBS TYPES"),
    ("    15.000", "INTERVAL"),
    ("  2024     3     1     0     0    0.0000000     GPS", "TIME OF FIRST OBS"),
    ("", "END OF HEADER"),
]


def observation_file(folder: Path) -> Path:
    """Eight epochs every 30 s (the header claims 15 s), with a gap of two and one of one; L2I is missing half of the time."""
    text = "".join(f"{value:<60}{label}\n" for value, label in LABELS)
    for k, i in enumerate([0, 1, 2, 5, 6, 8, 9, 10]):
        minute, second = divmod(30 * i, 60)
        phase = f"{1e8 + i:14.3f} 7" if k % 2 else ""
        text += f"> 2024 03 01 00 {minute:02d} {second:2d}.0000000  {int(k == 3)}  3\n"
        text += f"R07{2e7 + i:14.3f} 7{1e8 + i:14.3f} 7{45.0:14.3f}\n" + f"C21{2e7:14.3f} 7{phase}".rstrip() + "\n"
        text += f"C{22 + k // 4:02d}{2e7:14.3f} 7\n"
    path = folder / "test.rnx"
    path.write_text(text)
    return path


def test_observation_file_is_told_in_full(tmp_path: Path) -> None:
    (told,) = info([observation_file(tmp_path)])
    assert (told.format, told.kind, told.version) == ("rinex_obs", "observations", "3.04")
    content, stretch = told.content, told.span
    assert (content.marker, content.marker_number, content.receiver, content.antenna_height_m) == ("TEST00XYZ", "00000M001", "RECEIVER ONE", 0.123)
    assert (content.header_interval_s, stretch.interval_s, stretch.n_epochs) == (15.0, 30.0, 8)
    assert (stretch.first, stretch.last, stretch.scale) == ("2024-03-01T00:00:00", "2024-03-01T00:05:00", "GPST")
    assert [(g.missing_epochs, g.seconds) for g in stretch.gaps] == [(2, 90.0), (1, 60.0)]
    assert (stretch.n_gaps, stretch.longest_gap_s, stretch.missing_epochs) == (2, 90.0, 3)
    assert content.power_failures == 1
    # The equator at Greenwich on the ellipsoid.
    assert (content.position.latitude_deg, content.position.longitude_deg) == (0.0, 0.0)
    assert abs(content.position.height_m) < 1e-6
    systems = {s.system: s for s in content.systems}
    assert systems["C"].satellites == ("C21", "C22", "C23")
    assert systems["C"].mean_satellites == 2.0
    # 8 epochs with 2 satellites: L2I is there at 4 of 16.
    assert [(s.code, s.completeness, s.satellites) for s in systems["C"].signals] == [("C2I", 1.0, 3), ("L2I", 0.25, 1)]


def test_the_answer_speaks_to_people_and_to_programs(tmp_path: Path) -> None:
    told = info([observation_file(tmp_path)])
    text = str(told)
    for words in ["TEST00XYZ 00000M001", "RECEIVER ONE 1.2.3", "8, every 30 s", "2, 3 epochs missing, the longest 90 s", "L2I 25%", "0.0000000 deg"]:
        assert words in text
    tree = json.loads(dumps(told))
    assert tree["files"][0]["span"]["n_epochs"] == 8
    assert tree["files"][0]["content"]["systems"][0]["signals"][0]["code"] == "C1C"


def test_losses_are_listed_with_their_lines(tmp_path: Path) -> None:
    path = observation_file(tmp_path)
    path.write_text(path.read_text().replace("> 2024 03 01 00 01  0", "> 2024 xx 01 00 01  0"))
    (told,) = info([path])
    assert told.losses and told.span.n_epochs == 7
    assert any(label == "not used" and "line" in text for label, text in told.lines())


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    good, bad = observation_file(tmp_path), tmp_path / "noise.bin"
    bad.write_bytes(bytes(range(256)))
    told = info([bad, good])
    assert "no known format" in told[0].error and told[1].kind == "observations"
    assert told.warnings == (told[0].error,)
    with pytest.raises(UnknownFormatError):
        info([bad])
    with pytest.raises(InputError):
        info([tmp_path / "absent"])


def test_a_type_without_describer_is_told_by_its_counts() -> None:
    epochs = Epochs(np.array([1, 2, 3]))
    told = describe(epochs)
    assert told.kind == "Epochs" and told.content.lines() == [("tai ns", "3")]


def test_interval_is_the_most_frequent_one_and_jitter_is_no_gap() -> None:
    ns = np.cumsum([0] + [NS_PER_SECOND] * 50 + [NS_PER_SECOND + 400_000_000] + [NS_PER_SECOND] * 3)
    told = span(Epochs(ns), "GPST")
    assert told.interval_s == 1.0 and told.n_gaps == 0
    assert span(Epochs(ns[:1]), "GPST").interval_s is None
    assert span(Epochs(ns[:0]), "GPST") is None


def test_instants_before_utc_are_given_in_tai() -> None:
    early = from_calendar(1965, 1, 1, scale="GPST")
    assert span(early, "UTC").scale == "TAI"


def test_short_forms() -> None:
    assert numbers(("G01", "G02", "G03", "G09", "R01", "R02")) == "G01-G03 G09 R01 R02"
    assert [seconds(s) for s in (1.0, 90.0, 120.0, 7200.0, 86400.0)] == ["1 s", "90 s", "2 min", "2 h", "24 h"]


MANIFEST = {
    # From the manifest of the data set: epochs, then satellites of some systems.
    "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz": (2880, {"C": 29, "R": 23}),
    "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz": (2880, {"C": 31, "R": 24}),
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_30S_MO.crx.gz": (2880, {"C": 18, "R": 24}),
    "gnss/2024-209/AJAC00FRA_R_20242090000_01D_30S_MO.crx.gz": (2880, {"C": 41}),
    "gnss/2025-290/IGM200ITA_R_20252900000_01D_30S_MO.crx.gz": (2858, {"C": 24}),
    "gnss/2025-290/ISTA00TUR_R_20252900000_01D_30S_MO.crx.gz": (2879, {"C": 21}),
    "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz": (120, {"C": 15, "R": 9}),
    "gnss/2023-001/tlse001b.23o.gz": (10, {"G": 10, "R": 10, "E": 9, "S": 4}),
    "rinex2/eijs0010.21d.gz": (2880, {"G": 32, "R": 24}),
    "gnss/2023-001/WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz": (288, {"C": 40, "R": 21, "G": 31, "E": 26, "J": 3}),
    "gnss/2020-177/Sta21114.sp3.gz": (97, {"C": 40, "R": 22, "G": 31, "E": 24, "J": 4}),
}


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", MANIFEST)
def test_counts_agree_with_the_manifest(data_dir: Path, name: str) -> None:
    epochs, satellites = MANIFEST[name]
    (told,) = info([data_dir / name])
    assert told.span.n_epochs == epochs
    found = {system.system: len(system.satellites) for system in told.content.systems}
    assert {letter: found[letter] for letter in satellites} == satellites
    assert told.losses == ()


@pytest.mark.real_data
def test_missing_epochs_are_found(data_dir: Path) -> None:
    (told,) = info([data_dir / "gnss/2025-290/IGM200ITA_R_20252900000_01D_30S_MO.crx.gz"])
    assert told.span.missing_epochs == 22


@pytest.mark.real_data
def test_messages_agree_with_the_manifest(data_dir: Path) -> None:
    (told,) = info([data_dir / "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz"])
    counts = {(m.system, m.kind): m.messages for m in told.content.messages}
    assert {key: counts[key] for key in [("C", "D1"), ("C", "D2"), ("C", "CNV1"), ("C", "CNV2"), ("R", "FDMA")]} == {
        ("C", "D1"): 893,
        ("C", "D2"): 168,
        ("C", "CNV1"): 634,
        ("C", "CNV2"): 926,
        ("R", "FDMA"): 1240,
    }
    assert told.content.ionosphere and told.content.time_offsets["GLUT"] == 4


@pytest.mark.slow
@pytest.mark.real_data
def test_every_file_of_a_known_format_has_a_describer(data_dir: Path) -> None:
    files = [p for folder in ("products", "gnss/coordinates", "gnss/2019-045") for p in sorted((data_dir / folder).iterdir())]
    for told in info(files):
        assert not told.error
        assert not type(told.content).__name__.startswith("Plain"), told.path
        assert told.lines() and dumps(told)


def test_a_format_error_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "empty.crx"
    path.write_bytes(b"")
    with pytest.raises(FormatError, match="empty"):
        info([path])


def test_a_table_of_stations_tells_who_owns_and_hosts_them(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("station,operator,host\nMOSR,Roscosmos,Russia\nCHNR,Roscosmos,China\nSHAR,Roscosmos,China\nLONE,,\n")
    told = str(info([tmp_path / "mine.csv"]))
    assert "Roscosmos, hosted by China: CHNR SHAR" in told and "Roscosmos, hosted by Russia: MOSR" in told
    assert "stations  4" in told


def test_a_clock_file_of_receivers_alone_says_nothing_of_satellites(tmp_path: Path) -> None:
    """It once said that 0.0% of the clocks are there. One of eight is missing."""
    clocks = PreciseClocks(
        epochs=Epochs(NS_PER_SECOND * (1_672_531_200 + 30 * np.arange(4))),
        sat=np.empty(0, np.int16),
        bias_s=np.empty((0, 4)),
        sigma_s=np.empty((0, 4)),
        receivers=("BRUX", "NIST"),
        receiver_bias_s=np.array([[1e-9, np.nan, 2e-9, 3e-9], [1e-9] * 4]),
        time_scale="GPST",
        interval_s=30.0,
    )
    path = tmp_path / "nist.clk"
    path.write_bytes(clk.write(clocks))
    (told,) = info([path])
    lines = dict(told.lines())
    assert lines["receiver clocks"] == "87.5% there" and lines["receivers"] == "2: BRUX NIST" and "clocks" not in lines
