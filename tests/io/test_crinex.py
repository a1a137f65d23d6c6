"""Compact RINEX against the format's own tools (package ``hatanaka``), and its answer to damage."""

from __future__ import annotations

import gzip

import hatanaka
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import FormatError, LimitError
from armillary.io import crinex
from armillary.io.reading import read
from armillary.io.source import Source, load_source

SATELLITES = ["G01", "G07", "R12", "C21", "C59"]
REAL = [
    "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz",
    "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz",
    "gnss/2023-001/NIST00USA_R_20230010100_05M_30S_MO.crx.gz",
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_30S_MO.crx.gz",
    "gnss/2024-209/AJAC00FRA_R_20242090000_01D_30S_MO.crx.gz",
    "gnss/2025-290/IENG00ITA_R_20252900000_01D_30S_MO.crx.gz",
    "gnss/2025-290/IGM200ITA_R_20252900000_01D_30S_MO.crx.gz",
    "gnss/2025-290/ISTA00TUR_R_20252900000_01D_30S_MO.crx.gz",
    "rinex2/eijs0010.21d.gz",
    "rinex2/zegv0010.21d.gz",
    "rinex4/KMS300DNK_R_20221591000_01H_30S_MO.crx",
]


def header_line(text: str, label: str) -> str:
    return f"{text:<60}{label}\n"


def rinex_3(epochs: list[dict], types: int = 7) -> str:
    codes = " ".join(["C1C", "L1C", "D1C", "S1C", "C2C", "L2C", "D2C"][:types])
    head = header_line("     3.04           OBSERVATION DATA    M", "RINEX VERSION / TYPE")
    head += "".join(header_line(f"{system}  {types:3d} {codes}", "SYS / # / OBS TYPES") for system in "GRC")
    body = ""
    for epoch in epochs:
        minute, second = divmod(epoch["s"], 60)
        stamp = f"> 2024 02 29 {minute // 60:02d} {minute % 60:02d}{second:11.7f}"
        if "event" in epoch:
            body += f"{stamp}  4{len(epoch['event']):3d}\n" + "".join(header_line(line, "COMMENT") for line in epoch["event"])
            continue
        clock = "" if epoch["clock"] is None else f"{'':6}{epoch['clock'] * 1e-12:15.12f}"
        body += f"{stamp}  {epoch['flag']}{len(epoch['sats']):3d}{clock}".rstrip() + "\n"
        for sat, fields in epoch["sats"].items():
            body += (sat + "".join(fields[:types])).rstrip() + "\n"
    return head + header_line("", "END OF HEADER") + body


def rinex_2(epochs: list[dict], types: int = 7) -> str:
    codes = "".join(f"{code:>6}" for code in ["C1", "L1", "D1", "S1", "P2", "L2", "D2"][:types])
    head = header_line("     2.11           OBSERVATION DATA    M", "RINEX VERSION / TYPE")
    head += header_line(f"{types:6d}{codes}", "# / TYPES OF OBSERV")
    body = ""
    for epoch in epochs:
        minute, second = divmod(epoch["s"], 60)
        stamp = f" 24  2 29 {minute // 60:2d} {minute % 60:2d}{second:11.7f}"
        if "event" in epoch:
            body += f"{stamp}  4{len(epoch['event']):3d}\n" + "".join(header_line(line, "COMMENT") for line in epoch["event"])
            continue
        names = list(epoch["sats"])
        for start in range(0, max(len(names), 1), 12):
            lead = f"{stamp}  {epoch['flag']}{len(names):3d}" if start == 0 else " " * 32
            clock = "" if epoch["clock"] is None or start else f"{epoch['clock'] // 1000 * 1e-9:12.9f}"
            body += f"{lead + ''.join(names[start : start + 12]):<68}{clock}".rstrip() + "\n"
        for fields in epoch["sats"].values():
            fields = [f if f[:14].strip() else " " * 16 for f in fields]
            for start in range(0, types, 5):
                body += "".join(fields[start : min(start + 5, types)]).rstrip() + "\n"
    return head + header_line("", "END OF HEADER") + body


numbers = st.one_of(st.integers(-999_999_999_999, 9_999_999_999_999), st.integers(-2000, 2000).filter(lambda v: v != 0))
flag_digits = st.sampled_from(["  ", " 7", "1 ", "05", "39"])
fields = st.one_of(
    st.just(" " * 16), st.builds(lambda v, f: f"{'-' if v < 0 else ''}{abs(v) // 1000}.{abs(v) % 1000:03d}".rjust(14) + f, numbers, flag_digits)
)
# What fits twelve columns of a RINEX 2 file. The reference tool reads negative whole tenths of a second wrongly: -1.5 s comes back as -1.4 s.
clocks = st.one_of(
    st.none(),
    st.integers(-9_999_999_999_000, 99_999_999_999_999).filter(lambda ps: ps >= 0 or (ps % 100_000_000 != 0 and ps // 1000 % 100_000_000 != 0)),
)


@st.composite
def epoch_lists(draw: st.DrawFn) -> list[dict]:
    time, out = draw(st.integers(0, 80_000)), []
    for _ in range(draw(st.integers(1, 6))):
        time += draw(st.sampled_from([1, 30, 30, 600]))
        if draw(st.integers(0, 9)) == 0:
            out.append({"s": time, "event": draw(st.lists(st.sampled_from(["moved", "a remark", "x" * 60]), max_size=2))})
        sats = draw(st.lists(st.sampled_from(SATELLITES), unique=True, max_size=5))
        rows = {sat: draw(st.lists(fields, min_size=7, max_size=7)) for sat in sats}
        # Without satellites the reference tool puts the clock offset of version 3 in the wrong columns.
        out.append({"s": time, "flag": draw(st.sampled_from([0, 0, 0, 1])), "clock": draw(clocks) if sats else None, "sats": rows})
    return out


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(epoch_lists(), st.sampled_from([rinex_2, rinex_3]), st.integers(1, 7))
def test_any_observations_decode_as_the_reference_tool_does(epochs: list[dict], write: object, types: int) -> None:
    compact = hatanaka.rnx2crx(write(epochs, types).encode())
    got = crinex.decode(Source("made.crx", compact))
    assert not got.losses
    assert got.data.tobytes() == hatanaka.crx2rnx(compact)


def test_a_negative_clock_offset_of_whole_tenths_comes_back() -> None:
    for offset_ps in (-1_500_000_000_000, -100_000_000_000, -9_000_000_000_000):
        text = rinex_2([{"s": 0, "flag": 0, "clock": offset_ps, "sats": {"G01": [f"{2e7:14.3f} 7"] * 7}}]).encode()
        decoded = crinex.decode(Source("made.21d", hatanaka.rnx2crx(text))).data.tobytes()
        line = next(line for line in decoded.splitlines() if b"G01" in line)
        assert round(float(line[68:]) * 1e12) == offset_ps


def test_satellite_list_of_version_1_continues_on_further_lines() -> None:
    rows = {f"{s}{n:02d}": [f"{n * 1000.5:14.3f} 7"] * 7 for s in "GRC" for n in range(1, 13)}
    epochs = [{"s": 30 * i, "flag": 0, "clock": 123_456_789, "sats": dict(list(rows.items())[i:])} for i in range(26)]
    compact = hatanaka.rnx2crx(rinex_2(epochs).encode())
    assert crinex.decode(Source("made.21d", compact)).data.tobytes() == hatanaka.crx2rnx(compact)


def series(n: int = 12) -> list[dict]:
    """Epochs of three satellites with smooth values."""
    names = ["G01", "R12", "C21"]
    return [
        {"s": 30 * i, "flag": 0, "clock": None, "sats": {s: [f"{2e7 + 1e5 * k + 31.25 * i * i:14.3f} 7"] * 3 for k, s in enumerate(names)}}
        for i in range(n)
    ]


@pytest.fixture(params=[rinex_2, rinex_3], ids=["version 1", "version 3"])
def compact(request: pytest.FixtureRequest) -> list[bytes]:
    """Lines of a compact file that starts anew at epoch 6, after an event."""
    epochs = series()
    epochs.insert(6, {"s": 180, "event": ["the antenna was moved"]})
    return hatanaka.rnx2crx(request.param(epochs, 3).encode()).splitlines(keepends=True)


def decoded(lines: list[bytes]) -> crinex.RinexText:
    return crinex.decode(Source("damaged.crx", b"".join(lines)))


def body_start(lines: list[bytes]) -> int:
    return next(i for i, line in enumerate(lines) if b"END OF HEADER" in line) + 1


def records(text: bytes) -> list[bytes]:
    """Epoch and event records of RINEX 2 or 3 text made by :func:`series`."""
    body = text.split(b"END OF HEADER\n")[1]
    out: list[bytes] = []
    for line in body.splitlines(keepends=True):
        if line[:6] in (b"> 2024", b" 24  2"):
            out.append(b"")
        out[-1] += line
    return out


def test_bad_number_costs_only_its_satellite_until_it_starts_anew(compact: list[bytes]) -> None:
    whole = records(decoded(compact).data.tobytes())
    at = body_start(compact) + 2 * 5 + 2  # first satellite of the third epoch
    compact[at] = b"12x4" + compact[at]
    got = decoded(compact)
    assert [(loss.first_line, loss.last_line) for loss in got.losses] == [(at + 1, at + 1)]
    assert "G01" in got.losses[0].reason
    found = records(got.data.tobytes())
    assert found[:2] == whole[:2] and found[6:] == whole[6:]
    for damaged, sound in zip(found[2:6], whole[2:6], strict=True):
        assert damaged.splitlines()[2:] == sound.splitlines()[2:]
        assert damaged.splitlines()[1].strip() in (b"", b"G01")
    with pytest.raises(FormatError) as caught:
        crinex.decode(Source("damaged.crx", b"".join(compact)), strict=True)
    assert caught.value.line == at + 1 and caught.value.path == "damaged.crx"


def test_bad_epoch_line_costs_all_until_the_next_start(compact: list[bytes]) -> None:
    whole = records(decoded(compact).data.tobytes())
    at = body_start(compact) + 2 * 5
    compact[at] = b"                 zz\n"
    got = decoded(compact)
    assert records(got.data.tobytes()) == whole[:2] + whole[6:]
    assert [(loss.first_line, loss.last_line) for loss in got.losses] == [(at + 1, body_start(compact) + 30)]


@pytest.mark.parametrize("change", ["delete", "double"])
@pytest.mark.parametrize("which", [1, 2, 3, 4])
def test_lines_out_of_place_take_their_epoch_with_them(compact: list[bytes], change: str, which: int) -> None:
    whole = records(decoded(compact).data.tobytes())
    at = body_start(compact) + 2 * 5 + which
    compact[at : at + 1] = [] if change == "delete" else [compact[at]] * 2
    got = decoded(compact)
    assert records(got.data.tobytes()) == whole[:2] + whole[6:]
    assert len(got.losses) == 1 and got.losses[0].first_line == body_start(compact) + 11


@pytest.mark.slow
def test_cut_off_file_gives_all_complete_epochs(compact: list[bytes]) -> None:
    whole = records(decoded(compact).data.tobytes())
    data = b"".join(compact)
    ends = [len(b"".join(compact[:i])) for i in range(len(compact) + 1)]
    for size in range(ends[body_start(compact)], len(data)):
        got = crinex.decode(Source("cut.crx", data[:size]))
        found = records(got.data.tobytes())
        assert found == whole[: len(found)]
        lines = sum(end <= size for end in ends) - 1 - body_start(compact)
        complete = sum(lines >= n for n in [5, 10, 15, 20, 25, 30, 32, 37, 42, 47, 52, 57])
        assert len(found) == complete
        assert bool(got.losses) == (size not in [ends[body_start(compact) + n] for n in [0, 5, 10, 15, 20, 25, 30, 32, 37, 42, 47, 52, 57]])


def test_differences_without_a_start_are_reported(compact: list[bytes]) -> None:
    at = body_start(compact)
    del compact[at : at + 5]
    got = decoded(compact)
    assert len(records(got.data.tobytes())) == 7
    assert got.losses[0].first_line == at + 1


def test_values_beyond_the_format_are_damage_not_overflow(compact: list[bytes]) -> None:
    at = body_start(compact) + 2
    compact[at] = b"3&99999999999999999999 3&9999999999999 3&5\n"
    got = decoded(compact)
    assert got.losses[0].first_line == at + 1
    compact[at] = b"3&9999999999999 3&9999999999999 3&5\n"
    compact[at + 5] = b"1 1 1\n"
    assert decoded(compact).losses[0].first_line == at + 6


def test_number_of_types_changes_inside_the_data() -> None:
    first = rinex_3(series(3), 2)
    second = rinex_3([e | {"s": e["s"] + 900} for e in series(3)], 3)
    change = "> 2024 02 29 00 10  0.0000000  4  3\n" + "".join(header_line(f"{s}    3 C1C L1C D1C", "SYS / # / OBS TYPES") for s in "GRC")
    text = first + change + second.split("END OF HEADER\n")[1]
    packed = hatanaka.rnx2crx(text.encode())
    got = crinex.decode(Source("made.crx", packed))
    assert got.data.tobytes() == hatanaka.crx2rnx(packed)
    assert not got.losses


def test_blank_lines_at_the_end_and_carriage_returns_do_no_harm(compact: list[bytes]) -> None:
    whole = decoded(compact)
    got = crinex.decode(Source("dos.crx", b"".join(compact).replace(b"\n", b"\r\n") + b"\r\n\r\n"))
    assert got.data.tobytes() == whole.data.tobytes() and not got.losses


def test_escape_lines_of_version_3_are_skipped() -> None:
    lines = hatanaka.rnx2crx(rinex_3(series(3), 3).encode()).splitlines(keepends=True)
    whole = decoded(lines)
    lines.insert(body_start(lines) + 5, b"& a remark\n")
    assert decoded(lines).data.tobytes() == whole.data.tobytes()


def test_picoseconds_of_version_3_1_follow_the_clock_offset() -> None:
    """RINEX 4.02 has five digits in columns 58-62; compact version 3.1 (RNXCMP 4.2.0) writes their text difference after the clock offset."""
    epochs = [e | {"clock": 5_000_000} for e in series(5)]
    lines = hatanaka.rnx2crx(rinex_3(epochs, 3).encode()).splitlines(keepends=True)
    lines[0] = lines[0].replace(b"3.0 ", b"3.1 ")
    whole = records(hatanaka.crx2rnx(b"".join(lines).replace(b"3.1 ", b"3.0 ", 1)))
    for k, digits in enumerate([b" 01234", b" ", b"   9", b"", b" 55555"]):
        at = body_start(lines) + 5 * k + 1
        lines[at] = lines[at].rstrip() + digits + b"\n"
    got = decoded(lines)
    assert not got.losses
    found = [record.splitlines()[0].decode() for record in records(got.data.tobytes())]
    assert [line[56:] for line in found] == [" 01234", " 01234", " 01934", "", " 55555"]
    assert [line[:56] for line in found] == [record.splitlines()[0].decode() for record in whole]
    at = body_start(lines) + 1
    lines[at] = b" 01234\n"
    assert records(decoded(lines).data.tobytes())[0].splitlines()[0].decode()[35:] == " " * 22 + "01234"
    lines[at] = b" 01234 5\n"
    assert decoded(lines).losses


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "not a compact RINEX file"),
        (b"3.0                 COMPACT RINEX FORMAT", "not a compact RINEX file"),
        (b"9.0                 COMPACT RINEX FORMAT\nx\n" + b"END OF HEADER\n", "version '9.0'"),
        (b"3.0                 COMPACT RINEX FORMAT\nx\n     3.04\n", "END OF HEADER"),
        (b"3.0                 COMPACT RINEX FORMAT\nx\n" + b"END OF HEADER\n", "OBS TYPES"),
        (b"1.0                 COMPACT RINEX FORMAT\nx\n" + header_line("999999", "# / TYPES OF OBSERV").encode() + b"END OF HEADER\n", "999999"),
    ],
)
def test_hopeless_files_are_refused_with_the_reason(data: bytes, text: str) -> None:
    with pytest.raises(FormatError, match=text):
        crinex.decode(Source("bad.crx", data))


@pytest.mark.slow
def test_text_that_grows_beyond_any_real_file_is_refused() -> None:
    head = (
        b"1.0                 COMPACT RINEX FORMAT\nx\n"
        + header_line("   300", "# / TYPES OF OBSERV").encode()
        + header_line("", "END OF HEADER").encode()
    )
    names = b"".join(b"G%02d" % n for n in range(1, 100))
    first = b"&24  1  1  0  0  0.0000000  0 99" + names + b"\n\n" + b"1&1\n" * 99
    # Each epoch is told by its minute alone and each satellite by an empty line, which stands for 60 lines of blanks.
    more = b"".join(b"%12d %02d\n\n" % (m // 60 + 1, m % 60) + b"\n" * 99 for m in range(500))
    with pytest.raises(LimitError, match="32 times"):
        crinex.decode(Source("bomb.21d", head + first + more))


def test_lines_of_the_text_are_found_in_the_compact_file() -> None:
    lines = hatanaka.rnx2crx(rinex_3(series(3), 3).encode()).splitlines(keepends=True)
    got = decoded(lines)
    text = got.data.tobytes().splitlines()
    second = [i for i, line in enumerate(text, 1) if line.startswith(b">")][1]
    assert got.compact_line(second) == body_start(lines) + 6
    assert got.compact_line(1) == 3


@pytest.mark.real_data
def test_a_download_that_broke_off_gives_its_complete_epochs(data_dir, tmp_path) -> None:
    whole = read(data_dir / REAL[6])
    packed = (data_dir / REAL[6]).read_bytes()
    (tmp_path / "cut.crx.gz").write_bytes(packed[: len(packed) // 3])
    found = read(tmp_path / "cut.crx.gz")
    n = len(found.epochs)
    assert 500 < n < 1500 and found.epochs == whole.epochs[:n]
    for letter, block in found.blocks.items():
        rows = len(block.sat)
        assert np.array_equal(block.values, whole.blocks[letter].values[:, :rows], equal_nan=True)
    assert [loss.first_line == 0 for loss in found.losses].count(True) == 1
    assert any("ends inside" in loss.reason for loss in found.losses)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_files_decode_byte_for_byte(data_dir, name: str) -> None:
    source = load_source(data_dir / name)
    got = crinex.decode(source, strict=True)
    assert got.data.tobytes() == hatanaka.crx2rnx(source.data)


def test_sniff_knows_the_first_line_only() -> None:
    assert crinex.SNIFF(b"1.0                 COMPACT RINEX FORMAT                    CRINEX VERS   / TYPE\n")
    assert not crinex.SNIFF(b"     3.04           OBSERVATION DATA    M\n")
    assert not crinex.SNIFF(gzip.compress(b"1.0                 COMPACT RINEX FORMAT"))
