from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.calendar import date_of_day, day_of_date, format_iso, parse_iso
from armillary.errors import InputError


@given(st.dates())
def test_dates_are_those_of_the_standard_library(date: datetime.date) -> None:
    day = int(day_of_date(date.year, date.month, date.day))
    assert day == date.toordinal() - datetime.date(1970, 1, 1).toordinal()
    assert tuple(int(part) for part in date_of_day(day)) == (date.year, date.month, date.day)


@given(st.lists(st.datetimes(), max_size=5))
def test_iso_text_is_that_of_the_standard_library(times: list[datetime.datetime]) -> None:
    when, zulu = parse_iso([t.isoformat(timespec="microseconds") for t in times])
    assert not zulu.any()
    assert format_iso(when, 6).tolist() == [t.isoformat(timespec="microseconds") for t in times]


def test_months_and_days_beyond_their_range_roll_over() -> None:
    assert day_of_date(2020, 13, 1) == day_of_date(2021, 1, 1)
    assert day_of_date(2020, 1, 0) == day_of_date(2019, 12, 31)  # day of year 0 and similar bookkeeping


def test_impossible_dates_are_refused_by_name() -> None:
    for text in ("2100-02-29", "2020-00-10", "2020-04-31"):
        with pytest.raises(InputError, match=text):
            parse_iso(np.array(["2020-01-01", text]))
