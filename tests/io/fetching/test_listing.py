from __future__ import annotations

from datetime import date

from armillary.io.fetching.listing import guessed_names, station_files

DAY = date(2023, 1, 1)
LISTING = """
<a href="NIST00USA_R_20230010000_01D_30S_MO.crx.gz">NIST00USA_R_20230010000_01D_30S_MO.crx.gz</a>
<a href="NIST00USA_R_20230010000_01D_MN.rnx.gz">broadcast</a>
<a href="NIST00USA_R_20230010100_01H_30S_MO.crx.gz">an hour</a>
<a href="NIST00USA_R_20230010000_01D_01S_MO.crx.gz">another interval</a>
<a href="NIST00USA_R_20230020000_01D_30S_MO.crx.gz">another day</a>
-rw-r--r-- 1 0 0 2988084 May 12 00:43 NYA100NOR_S_20230010000_01D_30S_MO.crx.gz
ALIC00AUS_S_20230010000_01D_30S_MO.crx.gz,ALIC00AUS_R_20230010000_01D_30S_MO.rnx.gz
/pub/ALIC01AUS_R_20230010000_01D_30S_MO.crx.gz
<Key>public/daily/2023/001/XNIST0USA_R_20230010000_01D_30S_MO.crx.gz</Key>
nist0010.23d.gz
"""


def test_daily_files_are_found_by_four_or_nine_characters() -> None:
    assert station_files(LISTING, "NIST", DAY) == ["NIST00USA_R_20230010000_01D_30S_MO.crx.gz"]
    assert station_files(LISTING, "nist00usa", DAY) == ["NIST00USA_R_20230010000_01D_30S_MO.crx.gz"]
    assert station_files(LISTING, "NYA1", DAY) == ["NYA100NOR_S_20230010000_01D_30S_MO.crx.gz"]
    assert station_files(LISTING, "NIST00CAN", DAY) == station_files(LISTING, "WTZR", DAY) == []
    assert station_files(LISTING, "NIST", date(2023, 1, 3)) == []


def test_receivers_come_before_streams_and_one_receiver_before_the_other() -> None:
    assert station_files(LISTING, "ALIC", DAY) == [
        "ALIC00AUS_R_20230010000_01D_30S_MO.rnx.gz",
        "ALIC00AUS_S_20230010000_01D_30S_MO.crx.gz",
        "ALIC01AUS_R_20230010000_01D_30S_MO.crx.gz",
    ]


def test_a_station_is_text_not_a_pattern() -> None:
    assert station_files(LISTING, "....", DAY) == []


def test_names_are_guessed_from_nine_characters_only() -> None:
    assert guessed_names("nya100nor", DAY) == ["NYA100NOR_R_20230010000_01D_30S_MO.crx.gz", "NYA100NOR_S_20230010000_01D_30S_MO.crx.gz"]
    assert guessed_names("NYA1", DAY) == []
