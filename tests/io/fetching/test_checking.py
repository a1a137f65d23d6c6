"""Real products under the names that archives give them, and what is none of them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from armillary.io.fetching.checking import check_content, check_head
from armillary.io.fetching.failures import NotDataError

REAL = {
    "obs": ["gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz", "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz"],
    "brdc": ["gnss/2023-001/BRDC00IGS_R_20230010000_01D_MN.rnx.gz", "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz"],
    "sp3": ["gnss/2020-177/Sta21114.sp3.gz", "gnss/2023-001/GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz"],
    "clk": ["gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz"],
    "erp": ["products/IGS0OPSFIN_20231900000_07D_01D_ERP.ERP", "products/WUM0MGXFIN_20200010000_01D_01D_ERP.ERP.gz"],
    "bias": ["products/COD0MGXFIN_20231890000_01D_01D_OSB.BIA.gz", "products/CAS0MGXRAP_20231920000_01D_01D_DCB.BSX.gz"],
    "ionex": ["gnss/2019-045/codg0450.19i.gz", "products/jplg0010.17i.gz"],
    "antex": ["products/igs20-small.atx.gz", "products/bds3meo.atx"],
    "sinex": ["gnss/coordinates/igs22P22264.ssc.gz", "gnss/coordinates/igs20P2131_wocov.snx.gz"],
}


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("product", REAL)
def test_real_files_are_what_they_are_and_nothing_else(data_dir: Path, product: str) -> None:
    for name in REAL[product]:
        path = data_dir / name
        check_head(path.read_bytes()[:64], path.name)
        check_content(path, path.name, product)
        for other in REAL:
            if other != product:
                with pytest.raises(NotDataError, match="was expected"):
                    check_content(path, path.name, other)


def test_compress_and_gzip_are_both_taken_under_a_name_in_z(tmp_path: Path) -> None:
    """CDDIS kept .Z names for a while after it had changed to gzip."""
    ncompress = pytest.importorskip("ncompress")
    text = b"#dP2020  6 25  0  0  0.00000000      96 ORBIT IGS14 HLM  COD\n" + b"*  2020  6 25  0  0  0.00000000\n" * 40 + b"EOF\n"
    for packed in (ncompress.compress(text), gzip.compress(text)):
        path = tmp_path / "COM21114.EPH.Z"
        path.write_bytes(packed)
        check_head(packed[:64], path.name)
        check_content(path, path.name, "sp3")
    with pytest.raises(NotDataError, match="not gzip"):
        check_head(ncompress.compress(text)[:64], "x.gz")


@pytest.mark.parametrize("head", [b"<!DOCTYPE html>", b"\n\n<HTML>", b"\xef\xbb\xbf<html>", b'<?xml version="1.0"?><Error>'])
def test_pages_are_told_by_their_beginning_under_any_name(head: bytes) -> None:
    for name in ("a.SP3.gz", "igs20.atx", "COM21114.EPH.Z"):
        with pytest.raises(NotDataError, match="web page"):
            check_head(head, name)


def test_text_under_a_plain_name_is_looked_at_later(tmp_path: Path) -> None:
    check_head(b"404 page not found", "igs20.atx")
    path = tmp_path / "igs20.atx"
    path.write_bytes(b"404 page not found\n")
    with pytest.raises(NotDataError, match=r"no known format recognises it$"):
        check_content(path, path.name, "antex")
