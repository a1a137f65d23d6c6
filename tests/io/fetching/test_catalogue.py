"""The data files: every name they lead to is compared with names of real files, every row names its evidence."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import InputError
from armillary.io.fetching.catalogue import (
    PRODUCTS,
    QUALITIES,
    archives,
    candidates,
    centres_of,
    filled,
    gps_week,
    layouts,
    overridden,
    sources,
    week_start,
)
from armillary.io.fetching.checking import FORMATS

EVERY = tuple(archives().values())

REAL = [
    # Names of files that archives gave, as they lie in the real data set, and some that public file lists state; the day is of the folder.
    ("brdc", "IGS", "2023-01-01", "BRDC00IGS_R_20230010000_01D_MN.rnx.gz"),
    ("brdc", "IGS", "2022-12-31", "BRDC00IGS_R_20223650000_01D_MN.rnx.gz"),
    ("brdc", "DLR", "2023-03-12", "BRD400DLR_S_20230710000_01D_MN.rnx.gz"),
    ("sp3", "COD", "2023-01-01", "COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"),
    ("sp3", "COD", "2020-06-25", "COD0MGXFIN_20201770000_01D_05M_ORB.SP3.gz"),
    ("sp3", "COD", "2019-02-14", "COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz"),
    ("sp3", "COD", "2022-11-26", "COM22376.EPH.Z"),
    ("sp3", "COD", "2020-06-25", "com21114.eph.Z"),
    ("clk", "COD", "2018-05-12", "com20006.clk.Z"),
    ("bias", "COD", "2022-11-20", "com22370.bia.Z"),
    ("sp3", "GFZ", "2023-01-01", "GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz"),
    ("sp3", "GFZ", "2020-06-25", "GBM0MGXRAP_20201770000_01D_05M_ORB.SP3.gz"),
    ("sp3", "WUM", "2023-01-01", "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"),
    ("sp3", "WUM", "2019-04-07", "WUM0MGXFIN_20190970000_01D_15M_ORB.SP3.gz"),
    ("clk", "WUM", "2023-01-01", "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"),
    ("erp", "WUM", "2020-01-01", "WUM0MGXFIN_20200010000_01D_01D_ERP.ERP.gz"),
    ("sp3", "GRG", "2020-06-25", "GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz"),
    ("clk", "GRG", "2020-06-25", "GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz"),
    ("sp3", "IAC", "2020-06-25", "Sta21114.sp3"),
    ("erp", "IGS", "2023-07-12", "IGS0OPSFIN_20231900000_07D_01D_ERP.ERP.gz"),
    ("bias", "COD", "2023-07-08", "COD0MGXFIN_20231890000_01D_01D_OSB.BIA.gz"),
    ("bias", "CAS", "2023-07-11", "CAS0MGXRAP_20231920000_01D_01D_DCB.BSX.gz"),
    ("bias", "CAS", "2025-06-26", "CAS0MGXRAP_20251770000_01D_01D_DCB.BSX.gz"),
    ("ionex", "COD", "2019-02-14", "codg0450.19i.Z"),
    ("ionex", "JPL", "2017-01-01", "jplg0010.17i.Z"),
    ("sinex", "IGS", "2022-09-08", "igs22P22264.ssc.Z"),
    ("sinex", "IGS", "2024-07-17", "IGS0OPSSNX_20241960000_07D_07D_CRD.SNX.gz"),
    ("sinex", "IGS", "2024-01-01", "IGS0OPSSNX_20233650000_07D_07D_SOL.SNX.gz"),
    ("antex", "IGS", "2023-01-01", "igs20.atx"),
    ("antex", "IGS", "2020-06-25", "igs14.atx"),
]

PINNED = [
    # Addresses from which public repositories downloaded files whose size and hash they keep, or that lists of the archives themselves hold.
    ("brdc", "IGS", "2024-01-01", "https://igs.bkg.bund.de/root_ftp/IGS/BRDC/2024/001/BRDC00IGS_R_20240010000_01D_MN.rnx.gz"),
    ("sp3", "IGS", "2024-01-01", "https://igs.bkg.bund.de/root_ftp/IGS/products/2295/IGS0OPSFIN_20240010000_01D_15M_ORB.SP3.gz"),
    ("clk", "IGS", "2024-01-01", "https://igs.bkg.bund.de/root_ftp/IGS/products/2295/IGS0OPSFIN_20240010000_01D_30S_CLK.CLK.gz"),
    ("sp3", "COD", "2018-05-12", "https://igs.bkg.bund.de/root_ftp/IGS/products/mgex/2000/com20006.eph.Z"),
    ("sp3", "COD", "2026-04-30", "https://www.aiub.unibe.ch/download/CODE_MGEX/CODE/2026/COD0MGXFIN_20261200000_01D_05M_ORB.SP3.gz"),
    ("sp3", "COD", "2022-11-26", "https://www.aiub.unibe.ch/download/CODE_MGEX/CODE/2022/COM22376.EPH.Z"),
    ("sp3", "GFZ", "2025-06-09", "http://garner.ucsd.edu/pub/products/2370/GFZ0MGXRAP_20251600000_01D_05M_ORB.SP3.gz"),
    ("sp3", "GFZOPS", "2021-05-17", "https://isdc-data.gfz.de/gnss/products/rapid/w2158/GFZ0OPSRAP_20211370000_01D_15M_ORB.SP3.gz"),
    ("sp3", "GFZOPS", "2021-05-18", "https://isdc-data.gfz.de/gnss/products/rapid/w2158/GFZ0OPSRAP_20211380000_01D_05M_ORB.SP3.gz"),
    ("clk", "ESA", "2014-01-05", "https://navigation-office.esa.int/products/gnss-products/1774/ESA0MGNFIN_20140050000_01D_30S_CLK.CLK.gz"),
    ("ionex", "COD", "2024-05-11", "https://data.bdsmart.cn/pub/product/iono/ionex/2024/132/COD0OPSFIN_20241320000_01D_01H_GIM.INX.gz"),
    ("ionex", "COD", "2022-11-26", "https://www.aiub.unibe.ch/download/CODE/2022/CODG3300.22I.Z"),
    ("sp3", "IGS", "2022-11-27", "https://cddis.nasa.gov/archive/gnss/products/2238/IGS0OPSFIN_20223310000_01D_15M_ORB.SP3.gz"),
    ("bias", "WUM", "2026-05-20", "ftp://igs.gnsswhu.cn/pub/gps/products/mgex/2419/WUM0MGXFIN_20261400000_01D_01D_OSB.BIA.gz"),
    ("sinex", "IGS", "2024-01-01", "http://garner.ucsd.edu/pub/products/2295/IGS0OPSSNX_20233650000_07D_07D_SOL.SNX.gz"),
]


def names(product: str, centre: str, day: str) -> list[str]:
    return [place.name for place in candidates(product, centre, date.fromisoformat(day), EVERY)]


@pytest.mark.parametrize(("product", "centre", "day", "name"), REAL, ids=[row[3] for row in REAL])
def test_names_are_those_of_real_files(product: str, centre: str, day: str, name: str) -> None:
    assert name.lower() in [found.lower() for found in names(product, centre, day)]


@pytest.mark.parametrize(("product", "centre", "day", "url"), PINNED, ids=[row[3].rsplit("/", 1)[1] for row in PINNED])
def test_addresses_are_those_that_gave_files(product: str, centre: str, day: str, url: str) -> None:
    assert url in [place.url for place in candidates(product, centre, date.fromisoformat(day), EVERY)]


def test_stations_have_the_folders_that_gave_files() -> None:
    places = list(candidates("obs", "station", date(2024, 5, 11), EVERY, "WTZR"))
    folders = {place.archive.name: place.folder for place in places}
    assert folders["bkg"] == "https://igs.bkg.bund.de/root_ftp/IGS/obs/2024/132/"
    assert folders["cas"] == "https://data.bdsmart.cn/pub/data/igs/2024/132/"
    assert folders["sopac"] == "http://garner.ucsd.edu/pub/rinex/2024/132/"
    assert folders["gfz"] == "https://isdc-data.gfz.de/gnss/data/daily/2024/132/"
    assert folders["cddis"] == "https://cddis.nasa.gov/archive/gnss/data/daily/2024/132/24d/"
    assert all(place.looked_up for place in places)


@pytest.mark.real_data
def test_every_product_of_the_real_data_set_would_be_found(data_dir: Path) -> None:
    """Names are taken from the disk, days from the names: a second look, independent of the table above."""
    long_name = re.compile(r"(\w{3})0(?:MGX|OPS)(?:FIN|RAP)_(\d{4})(\d{3})0000_0[17]D_\w{3}_(ORB|CLK|ERP|OSB|DCB)\.\w{3}$", re.IGNORECASE)
    kinds = {"ORB": "sp3", "CLK": "clk", "ERP": "erp", "OSB": "bias", "DCB": "bias"}
    seen = 0
    for path in sorted(data_dir.rglob("*0000_0*")):
        name = path.name.removesuffix(".gz")
        match = long_name.match(name)
        if match is None:
            continue
        centre, year, doy, kind = match.groups()
        centre = {"GBM": "GFZ"}.get(centre, centre)
        day = date(int(year), 1, 1) + timedelta(int(doy) - 1)
        found = [place.name.removesuffix(".gz").lower() for place in candidates(kinds[kind.upper()], centre, day, EVERY)]
        assert name.lower() in found, path.name
        seen += 1
    assert seen >= 12


def test_short_names_end_where_long_ones_begin() -> None:
    """The IGS changed on 2022-11-27, the first day of GPS week 2238."""
    assert gps_week(date(2022, 11, 27)) == (2238, 0)
    assert set(names("sp3", "IGS", "2022-11-26")) == {"igs22376.sp3.Z", "igr22376.sp3.Z"}
    assert set(names("sp3", "IGS", "2022-11-27")) == {"IGS0OPSFIN_20223310000_01D_15M_ORB.SP3.gz", "IGS0OPSRAP_20223310000_01D_15M_ORB.SP3.gz"}


def test_weeks_are_those_of_the_calendar() -> None:
    """GPS week 1000 began on 1999-03-07 and week 2048 with the rollover of 2019-04-07."""
    assert gps_week(date(1980, 1, 6)) == (0, 0) and gps_week(date(1999, 3, 7)) == (1000, 0) and gps_week(date(2019, 4, 6)) == (2047, 6)
    assert week_start(date(2024, 1, 3)) == date(2023, 12, 31)
    assert filled("{wyyyy}{wddd} {wyy} {yyyy}{ddd} {yy}", date(2024, 1, 3)) == "2023365 23 2024003 24"
    with pytest.raises(InputError, match="1980-01-06"):
        gps_week(date(1979, 12, 31))


@given(st.dates(date(1980, 1, 6), date(2099, 12, 31)))
def test_dates_in_names_agree_with_other_ways_to_count(day: date) -> None:
    """Days of the year as the calendar of C has them; weeks from the modified Julian day (44244 is 1980-01-06); Sundays by ISO weekday."""
    year, yy, ddd, week, dow, wyear, wddd = filled("{yyyy} {yy} {ddd} {wwww} {d} {wyyyy} {wddd}", day).split()
    assert (year, yy, ddd) == tuple(day.strftime("%Y %y %j").split())
    mjd = day.toordinal() - date(1858, 11, 17).toordinal()
    assert 7 * int(week) + int(dow) == mjd - 44244 and int(dow) == day.isoweekday() % 7
    sunday = date(int(wyear), 1, 1) + timedelta(int(wddd) - 1)
    assert sunday.isoweekday() == 7 and 0 <= (day - sunday).days < 7


def test_every_row_is_of_known_things_and_names_its_evidence() -> None:
    for row in layouts():
        assert row.product in PRODUCTS and row.archive in archives() and row.quality in QUALITIES, row
        assert row.evidence and set(row.evidence) <= set(sources()), row
        assert row.since is None or row.until is None or row.since <= row.until, row
        assert set(re.findall(r"{(\w+)}", row.path)) <= {"yyyy", "yy", "ddd", "wwww", "d", "wyyyy", "wyy", "wddd", "station"}, row
        assert not row.path.startswith("/") and ".." not in row.path, row
    assert len({(row.product, row.archive, row.path, row.since) for row in layouts()}) == len(layouts())
    assert set(PRODUCTS) == {row.product for row in layouts()} == set(FORMATS)


def test_every_archive_has_a_usable_address_and_open_ones_come_first() -> None:
    for archive in archives().values():
        parts = urlsplit(archive.base_url)
        assert parts.scheme in ("https", "http", "ftp", "ftps") and archive.host and not archive.base_url.endswith("/")
        assert set(archive.evidence.split()) <= set(sources()) and archive.access in ("anonymous", "login")
        assert (archive.access == "login") == bool(archive.login_host)
    order = [(archive.access == "login", archive.base_url.startswith("ftp")) for archive in EVERY]
    assert order == sorted(order, key=lambda pair: (pair[1], pair[0]))
    assert {row.archive for row in layouts()} == set(archives())


def test_nothing_is_called_verified_that_was_not_tried() -> None:
    """There was no way out of the place where this was written; a row that somebody tries may say yes, with the day in the archive's note."""
    assert [row for row in layouts() if row.verified] == []


def test_better_qualities_come_first_then_archives_in_the_order_asked() -> None:
    asked = (archives()["sopac"], archives()["bkg"])
    places = list(candidates("sp3", "IGS", date(2024, 1, 1), asked))
    assert [(place.layout.quality, place.archive.name) for place in places] == [
        ("final", "sopac"),
        ("final", "bkg"),
        ("rapid", "sopac"),
        ("rapid", "bkg"),
    ]


def test_spans_say_what_a_file_is_of() -> None:
    spans = {row.path.rsplit("/", 1)[1]: row.span for row in layouts()}
    assert spans["igs20.atx"] == spans["IGS20.ssc"] == "any"
    assert spans["IGS0OPSSNX_{wyyyy}{wddd}0000_07D_07D_CRD.SNX.gz"] == spans["igs{wyy}P{wwww}.ssc.Z"] == "week"
    assert spans["igs{yy}P{wwww}{d}.ssc.Z"] == spans["COM{wwww}{d}.EPH.Z"] == spans["{station}"] == "day"
    assert spans["COD0MGXFIN_{yyyy}{ddd}0000_01D_05M_ORB.SP3.gz"] == "day"


def test_addresses_of_ones_own() -> None:
    moved = {archive.name: archive for archive in overridden(EVERY, ["http://mirror.example.org:8080", "bkg=https://own.example.org/igs"])}
    assert moved["bkg"].base_url == "https://own.example.org/igs"
    assert moved["cddis"].base_url == "http://mirror.example.org:8080/archive/gnss" and moved["cddis"].access == "anonymous"
    assert moved["whu"].base_url == "http://mirror.example.org:8080/pub"
    assert overridden(EVERY, []) == EVERY
    for wrong in ("nowhere=https://x.org", "gopher://x.org", "x.org", "bkg=", "https://name:word@x.org"):
        with pytest.raises(InputError, match="--base-url") as caught:
            overridden(EVERY, [wrong])
        assert "name:word" not in str(caught.value)


def test_centres_are_in_order_of_preference() -> None:
    assert centres_of("sp3") == ("COD", "GFZ", "WUM", "IAC", "GRG", "JAX", "ESA", "GFZOPS", "IGS")
    assert centres_of("antex") == ("IGS",)
