"""Whatever bytes a reader is given: readable content comes back with losses, or an InputError; never another exception, never unbounded work.

Small self-made files of every format are damaged in every way hypothesis thinks of; real files (slow) at random with a fixed seed.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import random
import resource
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import hatanaka
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.errors import FormatError, InputError, LimitError
from armillary.io.reading import format_of, formats, read, read_source
from armillary.io.source import Source, load_source, source_from_bytes


def labelled(*lines: tuple[str, str]) -> str:
    return "".join(f"{value:<60}{label}\n" for value, label in lines)


def rinex_obs_3() -> str:
    head = labelled(
        ("     3.04           OBSERVATION DATA    M", "RINEX VERSION / TYPE"),
        ("TEST00XYZ", "MARKER NAME"),
        ("  6378137.0000        1.0000        2.0000", "APPROX POSITION XYZ"),
        ("        0.1000        0.0000        0.0000", "ANTENNA: DELTA H/E/N"),
        ("R    3 C1C L1C S1C", "SYS / # / OBS TYPES"),
        ("C    2 C2I L2I", "SYS / # / OBS TYPES"),
        ("  2 R07  5 R12 -1", "GLONASS SLOT / FRQ #"),
        ("  2024     3     1     0     0    0.0000000     GPS", "TIME OF FIRST OBS"),
        ("", "END OF HEADER"),
    )
    body = ""
    for i in range(6):
        body += f"> 2024 03 01 00 {i // 2:02d} {30 * (i % 2):2d}.0000000  0  3{i * 1e-9 + 1e-6:21.12f}\n"
        body += f"R07{2e7 + 800.5 * i:14.3f} 7{1.07e8 + 4277.25 * i:14.3f}17{45.25:14.3f}\n"
        body += f"R12{2.1e7 - 500.25 * i:14.3f} 5{'':16}{38.5:14.3f}\n"
        body += f"C21{3.6e7 + 10.0 * i:14.3f} 6{1.9e8 + 52.0 * i:14.3f} 6\n"
        if i == 2:
            body += "> 2024 03 01 00 01  1.0000000  4  1\n" + labelled(("the antenna was wiped", "COMMENT"))
    return head + body


def rinex_obs_2() -> str:
    head = labelled(
        ("     2.11           OBSERVATION DATA    M (MIXED)", "RINEX VERSION / TYPE"),
        ("TEST", "MARKER NAME"),
        ("     6    C1    L1    D1    S1    P2    L2", "# / TYPES OF OBSERV"),
        ("  2024     3     1     0     0    0.0000000     GPS", "TIME OF FIRST OBS"),
        ("", "END OF HEADER"),
    )
    body = ""
    for i in range(5):
        body += f" 24  3  1  0 {i:2d}  0.0000000  0  2G05R21\n"
        for base in (2.2e7, 1.9e7):
            body += "".join(f"{base + 100.0 * i + k:14.3f} 7" for k in range(5)).rstrip() + "\n"
            body += f"{base * 4:14.3f} 6\n"
    return head + body


def nav_numbers(first: str, n: int) -> str:
    return (
        first
        + "".join(f"{value:19.12E}" for value in [1e-4, 1e-11, 0.0])
        + "\n"
        + "".join("    " + "".join(f"{0.5 + 0.125 * (i + k):19.12E}" for k in range(4)) + "\n" for i in range(n))
    )


def rinex_nav_3() -> str:
    head = labelled(
        ("     3.04           N: GNSS NAV DATA    M: MIXED", "RINEX VERSION / TYPE"),
        ("GPSA   1.1176D-08 -7.4506D-09 -5.9605D-08  1.1921D-07", "IONOSPHERIC CORR"),
        ("GLUT  1.8626451492D-09 0.000000000D+00 259200 2304", "TIME SYSTEM CORR"),
        ("    18", "LEAP SECONDS"),
        ("", "END OF HEADER"),
    )
    return head + nav_numbers("R07 2024 03 01 00 15 00", 3) + nav_numbers("C21 2024 03 01 00 00 00", 7) + nav_numbers("G05 2024 03 01 02 00 00", 7)


def rinex_nav_4() -> str:
    head = labelled(("     4.00           NAVIGATION DATA     M", "RINEX VERSION / TYPE"), ("    18", "LEAP SECONDS"), ("", "END OF HEADER"))
    body = "> EPH R07 FDMA\n" + nav_numbers("R07 2024 03 01 00 15 00", 4) + "> EPH C21 CNV1\n" + nav_numbers("C21 2024 03 01 00 00 00", 9)
    body += "> STO C21 CNVX\n    2024 03 01 00 00 00 BDUT                                 UTC(NTSC)\n"
    return head + body + "    " + "".join(f"{v:19.12E}" for v in (3600.0, 1e-9, 0.0, 0.0)) + "\n"


def rinex_nav_2() -> str:
    head = labelled(("     2.10           GLONASS NAV DATA", "RINEX VERSION / TYPE"), ("", "END OF HEADER"))
    record = " 7 24  3  1  0 15  0.0" + "".join(f"{v:19.12E}" for v in (-1e-5, 0.0, 900.0)) + "\n"
    return head + 3 * (record + "".join("   " + "".join(f"{0.25 * (i + k + 1):19.12E}" for k in range(4)) + "\n" for i in range(3)))


def sp3() -> str:
    head = "#dP2024  3  1  0  0  0.00000000       3 __u+U IGS20 FIT  XXX\n## 2303 432000.00000000   900.00000000 60370 0.0000000000000\n"
    head += "+    2   C21R07" + "  0" * 15 + "\n" + 4 * ("+        " + "  0" * 17 + "\n") + 5 * ("++       " + "  0" * 17 + "\n")
    head += "%c M  cc GPS ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc\n%c cc cc ccc ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc\n"
    head += 2 * "%f  1.2500000  1.025000000  0.00000000000  0.000000000000000\n" + 2 * (
        "%i    0    0    0    0      0      0      0      0         0\n"
    )
    body = ""
    for i in range(3):
        body += f"*  2024  3  1  0 {15 * i:2d}  0.00000000\n"
        body += "".join(f"P{sat}{14000.5 + i:14.6f}{-20000.25:14.6f}{9000.125:14.6f}{123.456789:14.6f}\n" for sat in ("C21", "R07"))
    return head + 4 * "/* made by hand\n" + body + "EOF\n"


def clk() -> str:
    head = labelled(
        ("     3.00           CLOCK DATA          M", "RINEX VERSION / TYPE"),
        ("   GPS", "TIME SYSTEM ID"),
        ("     2    AR    AS", "# / TYPES OF DATA"),
        ("XXX  nobody", "ANALYSIS CENTER"),
        ("", "END OF HEADER"),
    )
    stamp = "2024 03 01 00 {:02d}  0.000000  2   "
    rows = [
        f"{kind} {name:<4} " + stamp.format(m) + f"{1e-4 + m:19.12E} {1e-11:19.12E}\n"
        for m in range(4)
        for kind, name in [("AR", "ABCD"), ("AS", "R07")]
    ]
    return head + "".join(rows)


def sinex() -> str:
    site = "+SITE/ID\n ABCD  A 00000M001 P a place               10 20 30.0  40 50  6.0   100.0\n-SITE/ID\n"
    epochs = "+SOLUTION/EPOCHS\n ABCD  A    1 P 24:060:00000 24:062:00000 24:061:00000\n-SOLUTION/EPOCHS\n"
    rows = "".join(
        f" {k + 1:5d} {name:<6} ABCD  A    1 24:061:00000 m    2 {value:21.14E} 1.00000E-03\n"
        for k, (name, value) in enumerate([("STAX", 4e6), ("STAY", 3e6), ("STAZ", 3.9e6)])
    )
    head = "%=SNX 2.02 XXX 24:070:00000 XXX 24:060:00000 24:062:00000 P     3 2 S\n"
    return head + site + epochs + f"+SOLUTION/ESTIMATE\n{rows}-SOLUTION/ESTIMATE\n%ENDSNX\n"


def antex() -> str:
    antenna = labelled(
        ("", "START OF ANTENNA"),
        ("ANTENNA ONE     NONE", "TYPE / SERIAL NO"),
        ("ROBOT               NOBODY                   1    01-MAR-24", "METH / BY / # / DATE"),
        ("     0.0", "DAZI"),
        ("     0.0  10.0   5.0", "ZEN1 / ZEN2 / DZEN"),
        ("     1", "# OF FREQUENCIES"),
        ("   R01", "START OF FREQUENCY"),
        ("      1.00     -2.00     60.00", "NORTH / EAST / UP"),
    )
    antenna += "   NOAZI    0.00   -0.50   -1.25\n" + labelled(("   R01", "END OF FREQUENCY"), ("", "END OF ANTENNA"))
    head = labelled(("     1.4            M", "ANTEX VERSION / SYST"), ("A", "PCV TYPE / REFANT"), ("", "END OF HEADER"))
    return head + 2 * antenna


def ionex() -> str:
    head = labelled(
        ("     1.0            IONOSPHERE MAPS     GPS", "IONEX VERSION / TYPE"),
        ("  2024     3     1     0     0     0", "EPOCH OF FIRST MAP"),
        ("  2024     3     1     2     0     0", "EPOCH OF LAST MAP"),
        ("  7200", "INTERVAL"),
        ("     2", "# OF MAPS IN FILE"),
        ("  NONE", "MAPPING FUNCTION"),
        ("     0.0", "ELEVATION CUTOFF"),
        ("  6371.0", "BASE RADIUS"),
        ("     2", "MAP DIMENSION"),
        ("   450.0 450.0   0.0", "HGT1 / HGT2 / DHGT"),
        ("    10.0 -10.0 -10.0", "LAT1 / LAT2 / DLAT"),
        ("  -180.0 180.0 180.0", "LON1 / LON2 / DLON"),
        ("    -1", "EXPONENT"),
        ("", "END OF HEADER"),
    )
    for k in (1, 2):
        head += labelled((f"{k:6d}", "START OF TEC MAP"), (f"  2024     3     1{2 * k - 2:6d}     0     0", "EPOCH OF CURRENT MAP"))
        for latitude in (10.0, 0.0, -10.0):
            head += labelled((f"  {latitude:6.1f}-180.0 180.0 180.0 450.0", "LAT/LON1/LON2/DLON/H")) + "  101  202 9999\n"
        head += labelled((f"{k:6d}", "END OF TEC MAP"))
    return head + labelled(("", "END OF FILE"))


def bias() -> str:
    rows = " OSB  C219 C21           C2I       2024:061:00000 2024:062:00000 ns                12.3450      0.0100\n"
    rows += " DSB       R07 ABCD      C1C  C2C  2024:061:00000 2024:062:00000 ns                -4.5000      0.0200\n"
    head = "%=BIA 1.00 XXX 2024:070:00000 XXX 2024:061:00000 2024:062:00000 A 00000002\n"
    about = "+BIAS/DESCRIPTION\n BIAS_MODE                               ABSOLUTE\n TIME_SYSTEM                             G\n-BIAS/DESCRIPTION\n"
    return head + about + f"+BIAS/SOLUTION\n{rows}-BIAS/SOLUTION\n%=ENDBIA\n"


def troposphere() -> str:
    rows = "".join(f" ABCD00XXX 2024:061:{300 * k:05d} {2412.5 + k:8.2f}     1.20   -0.400    0.300    0.100    0.300\n" for k in range(3))
    head = "%=TRO 2.00 XXX 2024:070:00000 XXX 2024:061:00000 2024:061:00600 P MIX\n"
    names = " TROPO PARAMETER NAMES         TROTOT STDDEV TGNTOT STDDEV TGETOT STDDEV\n"
    about = f"+TROP/DESCRIPTION\n TIME SYSTEM                   G\n{names} TROPO PARAMETER UNITS         {'1e+03 ' * 6}\n-TROP/DESCRIPTION\n"
    place = " ABCD00XXX  A    1 P 2024:061:00000 2024:061:00600  2919785.771 -5383744.975  1774604.831 IGS20  XXX\n"
    return f"{head}{about}+SITE/COORDINATES\n{place}-SITE/COORDINATES\n+TROP/SOLUTION\n{rows}-TROP/SOLUTION\n%=ENDTRO\n"


def erp() -> str:
    head = "version 2\nmade by hand\n  MJD       Xpole    Ypole   UT1-UTC    LOD   Xsig   Ysig   UTsig LODsig  Nr Nf Nt     Xrt    Yrt\n"
    head += '               10**-6"        .1us    .1us/d    10**-6"     .1us  .1us/d                10**-6"/d\n'
    return head + "".join(
        f"{60370 + d}.50   20828{d}   502585   -308359  -2590      4      4       0      8   0  0  0    2667  -1195\n" for d in range(3)
    )


def blq() -> str:
    rows = "".join(" " + " ".join(f".{10 * k + i:05d}" for i in range(11)) + "\n" for k in range(3))
    rows += "".join(" " + " ".join(f"{30.5 * k - 12.0 * i:6.1f}" for i in range(11)) + "\n" for k in range(3))
    block = "$$ made up   lon/lat:  10.5  -20.25  100.0\n"
    head = "$$ Ocean loading displacement\n$$ COLUMN ORDER:  M2  S2  N2  K2  K1  O1  P1  Q1  MF  MM SSA\n$$ CMC:  NO\n$$ END HEADER\n"
    return f"{head}  ABCD\n{block}{rows}$$\n  WXYZ 12345M001\n{block}{rows}$$ END TABLE\n"


def station_list() -> str:
    return "ABCD 6378137.0 0.0 0.0\nABCD00XYZ 4500000.1 -4500000.2 100000.3\nWXYZ 0.0 0.0 6356752.3\n"


def station_table() -> str:
    return (
        '# made up\nstation,operator,host,latitude_deg,longitude_deg,height_m,place\nABCD,Somebody,Elsewhere,10.5,-20.25,100,"here, there"\n'
        "WXYZ,Somebody,Somebody,,,,\n"
    )


def tle() -> str:
    two = (
        "1 12345U 24001A   24061.50000000 -.00000012  00000-0  12345-4 0  9993\n"
        "2 12345  64.8000 120.5000 0012000  10.0000 350.0000  2.13100000  1238\n"
    )
    return f"MADE UP\n{two}AGAIN\n{two}"


MAKERS: dict[str, Callable[[], bytes]] = {
    maker.__name__: lambda maker=maker: maker().encode()
    for maker in (
        rinex_obs_3,
        rinex_obs_2,
        rinex_nav_3,
        rinex_nav_4,
        rinex_nav_2,
        sp3,
        clk,
        sinex,
        antex,
        ionex,
        bias,
        troposphere,
        erp,
        blq,
        station_list,
        station_table,
        tle,
    )
}
MAKERS["crinex_3"] = lambda: hatanaka.rnx2crx(rinex_obs_3().encode())
MAKERS["crinex_1"] = lambda: hatanaka.rnx2crx(rinex_obs_2().encode())
SMALL = {name: make() for name, make in MAKERS.items()}

SLOWEST_S = 2.0
"""For a damaged file of a few kilobytes, once the kernels are loaded: real times are milliseconds, the rest is room for a busy machine."""


def examine(data: bytes) -> object | None:
    """What comes back for ``data``; fails on any exception but InputError, and where strict and default mode disagree on whether it is whole."""
    found, told = None, "damaged"
    try:
        found = read_source(Source("damaged", data))
    except FormatError as error:
        told = error.path
    except InputError:
        pass
    assert told == "damaged"
    try:
        read_source(Source("damaged", data), strict=True)
        strict_refuses = False
    except InputError:
        strict_refuses = True
    assert strict_refuses == (found is None or bool(getattr(found, "losses", ()))), "strict mode and losses disagree"
    if found is not None:
        after_the_last = data.count(b"\n") + 2  # where a header without end leaves off
        assert all(0 <= loss.first_line <= loss.last_line <= after_the_last and loss.reason for loss in found.losses)
    return found


@pytest.mark.parametrize("name", SMALL)
def test_the_sound_file_is_read_without_loss(name: str) -> None:
    found = read_source(Source(name, SMALL[name]), strict=True)
    assert found.losses == ()


def test_every_format_has_a_sample() -> None:
    sampled = {format_of(Source(name, data)).__name__ for name, data in SMALL.items()}
    assert {module.__name__ for module in formats() if module.__name__.startswith("armillary.")} == sampled


ODD = [
    b"",
    b" ",
    b"9",
    b"-",
    b".",
    b"&",
    b">",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"999999999999",
    b"1e999",
    b"-1",
    b"nan",
    b" " * 20,
    b"E+99",
    b"*" * 19,
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = SMALL[draw(st.sampled_from(sorted(SMALL)))]
    for _ in range(draw(st.integers(1, 4))):
        lines = data.split(b"\n")
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        line = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 6)):
            case 0:
                data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1 :]
            case 1:
                odd = draw(st.sampled_from(ODD))
                data = data[:at] + odd + data[at + draw(st.sampled_from([0, 1, len(odd)])) :]
            case 2:
                data = data[:at]
            case 3:
                data = b"\n".join(lines[:line] + lines[line + draw(st.integers(1, 3)) :])
            case 4:
                data = b"\n".join(lines[: line + 1] + lines[line:])
            case 5:
                data = b"\n".join([*lines[:line], draw(st.sampled_from(lines)), *lines[line:]])
            case 6:
                data = b"\n".join([*lines[:line], lines[line][: draw(st.integers(0, 80))], *lines[line + 1 :]])
    return data


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damage_leaves_losses_or_an_input_error(data: bytes) -> None:
    examine(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_every_truncation_is_survived(name: str) -> None:
    data = SMALL[name]
    begin = time.process_time()
    steps = range(0, len(data), max(1, len(data) // 150))
    for size in steps:
        examine(data[:size])
    assert time.process_time() - begin < SLOWEST_S * 10


@pytest.mark.parametrize("name", SMALL)
def test_every_line_may_be_missing(name: str) -> None:
    lines = SMALL[name].splitlines(keepends=True)
    for k in range(len(lines)):
        examine(b"".join(lines[:k] + lines[k + 1 :]))


@pytest.mark.parametrize("name", SMALL)
def test_a_damaged_last_line_keeps_what_came_before(name: str) -> None:
    whole = SMALL[name]
    found = examine(whole[: whole.rindex(b"\n", 0, -1) + 10])
    assert found is not None


@given(st.binary(max_size=300))
def test_noise_is_no_format(data: bytes) -> None:
    examine(data)


@pytest.mark.parametrize("name", SMALL)
def test_noise_after_a_sound_first_line_is_survived(name: str) -> None:
    first = SMALL[name].split(b"\n")[0] + b"\n"
    for seed in range(5):
        examine(first + random.Random(seed).randbytes(5000))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def refused(data: bytes, tmp_path: Path, *, most_mb: float = 600.0, seconds: float = 10.0) -> None:
    """``data`` in a file is refused, or read with losses, in bounded time and memory (limits: room for a busy machine)."""
    path = tmp_path / "huge"
    path.write_bytes(data)
    before, begin = peak_mb(), time.process_time()
    with contextlib.suppress(InputError):
        read(path)
    assert time.process_time() - begin < seconds
    assert peak_mb() - before < most_mb


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_hundred_megabytes_in_one_line_are_refused_quickly(name: str, tmp_path: Path) -> None:
    *lines, last = SMALL[name].splitlines(keepends=True)
    refused(b"".join(lines) + b"7" * 100_000_000 + b"\n" + last, tmp_path)
    first = SMALL[name].split(b"\n")[0] + b"\n"
    refused(first + b"G" * 100_000_000, tmp_path)


PROMISES = {
    "rinex_obs_3": [(b"  0  3", b"  0999"), (b"  4  1", b"  4999"), (b"R    3", b"R  999")],
    "rinex_obs_2": [(b"  0  2G", b"  0999G"), (b"     6    C1", b"999999    C1")],
    "rinex_nav_3": [(b"    18", b"999999")],
    "sp3": [(b"       3 __u", b"99999999__u"), (b"+    2   ", b"+  999   ")],
    "antex": [(b"     0.0  10.0   5.0", b"     0.0 1.0e9   0.1"), (b"     1      ", b"999999      ")],
    "ionex": [
        (b"     2      ", b"999999      "),
        (b"    10.0 -10.0 -10.0", b"    90.0 -90.0  -0.0"),
        (b"-180.0 180.0 180.0", b"-180.0 180.0 0.0001"),
    ],
    "bias": [(b" 00000002", b" 99999999")],
    "sinex": [(b" P     3", b" P 99999")],
    "crinex_3": [(b"  0  3", b"  0999"), (b"R    3", b"R  999")],
    "crinex_1": [(b"  0  2G", b"  0999G"), (b"     6    C1", b"999999    C1")],
}


@pytest.mark.parametrize("name", PROMISES)
def test_a_header_that_promises_too_much_costs_nothing(name: str) -> None:
    before = peak_mb()
    for old, new in PROMISES[name]:
        assert old in SMALL[name]
        begin = time.process_time()
        examine(SMALL[name].replace(old, new))
        assert time.process_time() - begin < SLOWEST_S
    assert peak_mb() - before < 300


def bombs() -> dict[str, bytes]:
    blank = bytes(200_000_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.rnx", blank)
    return {"gzip": gzip.compress(blank, 6), "bzip2": bz2.compress(blank), "zip": packed.getvalue(), "twice": gzip.compress(gzip.compress(blank, 6))}


@pytest.mark.slow
def test_decompression_bombs_are_refused_quickly() -> None:
    for name, data in bombs().items():
        before, begin = peak_mb(), time.process_time()
        with pytest.raises((LimitError, FormatError)):
            read_source(source_from_bytes(data, name))
        assert time.process_time() - begin < 5
        assert peak_mb() - before < 300


REAL = [
    "gnss/2023-001/NIST00USA_R_20230010100_05M_30S_MO.crx.gz",
    "gnss/2023-001/tlse001b.23o.gz",
    "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz",
    "gnss/2020-177/ESBC00DNK_R_20201770000_01D_MN.rnx.gz",
    "gnss/2020-177/Sta21114.sp3.gz",
    "gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz",
    "gnss/2019-045/codg0450.19i.gz",
    "gnss/coordinates/igs22P22264.ssc.gz",
    "products/CAS0MGXRAP_20251770000_01D_01D_DCB.BSX.gz",
    "products/IGS0OPSFIN_20231900000_07D_01D_ERP.ERP",
    "products/igs20-small.atx.gz",
    "rinex2/brdc0910.09g.gz",
    "rinex2/eijs0010.21d.gz",
    "rinex4/KMS300DNK_R_20221591000_01H_30S_MO.crx",
    "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz",
]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """``data`` with one to thirty places changed."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 30])):
        at = rng.randrange(min(len(out), rng.choice([3000, len(out)])))
        following = out.find(b"\n", at) + 1
        end = out.find(b"\n", following) + 1
        match rng.randrange(6):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at : at + 1] = rng.choice(ODD)
            case 2:
                del out[at : at + rng.choice([1, 80, 2000])]
            case 3:
                out[following:following] = out[following:end]
            case 4:
                del out[following:end]
            case 5:
                del out[max(at, 200) + len(out) // 2 :]
        if len(out) < 300:
            break
    return bytes(out)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_damaged_real_files_are_survived(data_dir: Path, name: str) -> None:
    data = load_source(data_dir / name).data[:200_000]
    rng = random.Random(name)
    read_back = 0
    for _ in range(60):
        begin = time.process_time()
        read_back += examine(mutated(data, rng)) is not None
        assert time.process_time() - begin < 2 * SLOWEST_S
    assert read_back > 20
