"""Words of the wrong kind put anywhere into pieces of the real product files: what is readable comes back, or an InputError."""

from __future__ import annotations

import contextlib
import random
import time

import pytest

from armillary.errors import InputError
from armillary.io.reading import read_source
from armillary.io.source import Source, load_source

FILES = [
    "gnss/2020-177/Sta21114.sp3.gz",
    "gnss/2020-177/GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz",
    "gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz",
    "gnss/2023-001/WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz",
    "gnss/coordinates/igs22P22264.ssc.gz",
    "gnss/coordinates/data_gnss_pos.txt.gz",
    "products/bds3meo.atx",
    "products/test.atx.gz",
    "products/jplg0010.17i.gz",
    "products/COD0MGXFIN_20231890000_01D_01D_OSB.BIA.gz",
    "products/IGS0OPSFIN_20231900000_07D_01D_ERP.ERP",
]
WORDS = [b"nan", b"inf", b"-inf", b"1e999", b"9" * 400, b"-", b"\x00", b"\x85", b"\xb2", b"\n", b"\n\n*", b"\r", b" " * 80, b"*", b"+", b"1_0"]
WORDS += [b"END OF HEADER", b"END OF ANTENNA", b"EOF\n", b"\n+SOLUTION/ESTIMATE\n"]
NOISE = [b"+A/B\n" * 400_000, b"x" * 2_000_000, b"\n" * 400_000, b"+SOLUTION/ESTIMATE\n" * 100_000, b"*  2024  1  1\n" * 100_000]


def piece(data: bytes) -> bytes:
    """The start, some of the middle and the end of a file."""
    lines = data.split(b"\n")
    middle = len(lines) // 2
    return b"\n".join([*lines[:120], *lines[middle : middle + 80], *lines[-30:]])


@pytest.mark.real_data
@pytest.mark.filterwarnings("ignore:the leap-second table ends")
@pytest.mark.parametrize("path", FILES)
def test_any_word_anywhere(data_dir, path):
    whole = piece(load_source(data_dir / path).data)
    chance = random.Random(path)
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at, word = chance.randrange(len(data)), chance.choice(WORDS)
            # In place of as many bytes, in between, or in place of a long stretch.
            data[at : at + chance.choice([0, len(word), 500])] = word
        with contextlib.suppress(InputError):
            read_source(Source(path, bytes(data)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "head",
    [
        b"%=SNX 2.02 TST\n",
        b"%=BIA 1.00 TST 9999\n",
        b"%=TRO 2.00 TST\n+TROP/DESCRIPTION\n TROPO PARAMETER NAMES TROTOT\n-TROP/DESCRIPTION\n",
        b"     1.0            IONOSPHERE MAPS     GNSS                IONEX VERSION / TYPE\n",
        b"     1.4            M                                       ANTEX VERSION / SYST\n",
        b"     3.00           C                   M                   RINEX VERSION / TYPE\n",
        b"                         C              M                   RINEX VERSION / TYPE\n",
        b"#dP2024  2 29 23 45  0.00000000       2 ORBIT IGS20 HLM  TST\n",
        b"version 2\n  MJD Xpole Ypole UT1-UTC LOD\n",
    ],
)
@pytest.mark.parametrize("rest", NOISE)
def test_work_stays_in_proportion(head, rest):
    started = time.process_time()
    with contextlib.suppress(InputError):
        read_source(Source("noise", head + rest))
    # Two megabytes at most; a reader that looked through the rest of the file at every line would need minutes.
    assert time.process_time() - started < 2.0
