"""Products of Earth rotation over a table: real files over a table that is deliberately wrong, as a prediction is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.earth_rotation_overlay import with_series
from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.reference import Reference
from armillary.core.scales import earth_orientation_at
from armillary.errors import InputError
from armillary.io.reading import read

MAS = np.pi / 648_000e3


def wrong(x_mas: float = 5.0, ut1_s: float = 1e-3) -> Reference:
    built = Reference.builtin()
    table = built.earth_orientation
    return replace(built, earth_orientation_table=replace(table, xp_rad=table.xp_rad + x_mas * MAS, ut1_minus_utc_s=table.ut1_minus_utc_s + ut1_s))


def week(data_dir: Path) -> EarthRotationSeries:
    series = read(data_dir / "products/IGS0OPSFIN_20231900000_07D_01D_ERP.ERP")
    assert isinstance(series, EarthRotationSeries)
    return series


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["IGS0OPSFIN_20231900000_07D_01D_ERP.ERP", "WUM0MGXFIN_20200010000_01D_01D_ERP.ERP.gz"])
def test_the_product_counts_on_its_days_and_the_table_elsewhere(data_dir: Path, name: str) -> None:
    series = read(data_dir / "products" / name)
    assert isinstance(series, EarthRotationSeries)
    laid = with_series(wrong(), series)
    # any hour of the days covered: the built-in table, of observed values, is the independent truth; they differ by 0.07 mas and 30 us
    for hours in (-12.0, -5.0, 0.0, 5.0, 12.0):
        epochs = series.epochs.shifted(hours * 3600.0)
        found, true = earth_orientation_at(epochs, reference=laid), earth_orientation_at(epochs)
        assert np.abs(found.xp_rad - true.xp_rad).max() < 0.15 * MAS
        assert np.abs(found.yp_rad - true.yp_rad).max() < 0.15 * MAS
        assert np.abs(found.ut1_minus_utc_s - true.ut1_minus_utc_s).max() < 60e-6
    noon = earth_orientation_at(series.epochs, reference=laid)
    assert np.abs(noon.xp_rad - series.x_pole_rad).max() < 0.025 * MAS
    assert np.abs(noon.ut1_minus_utc_s - series.ut1_minus_utc_s).max() < 5e-6
    far = series.epochs.shifted(40 * 86_400.0)
    assert earth_orientation_at(far, reference=laid).xp_rad == pytest.approx(earth_orientation_at(far).xp_rad + 5.0 * MAS, abs=1e-12)


@pytest.mark.real_data
def test_another_quantity_is_refused(data_dir: Path) -> None:
    series = week(data_dir)
    with pytest.raises(InputError, match="not those of these days"):
        with_series(Reference.builtin(), replace(series, x_pole_rad=series.x_pole_rad * 1000.0))
    with pytest.raises(InputError, match="not those of these days"):
        with_series(Reference.builtin(), replace(series, ut1_minus_utc_s=series.ut1_minus_utc_s + 37.0))
    with pytest.raises(InputError, match="no epoch with a pole"):
        with_series(Reference.builtin(), replace(series, x_pole_rad=series.x_pole_rad * np.nan))
    with pytest.raises(InputError, match="outside the Earth orientation table"):
        with_series(Reference.builtin(), replace(series, epochs=series.epochs.shifted(-51 * 365.25 * 86_400.0)))


@pytest.mark.real_data
def test_a_file_without_rates_or_ut1_serves_with_its_pole(data_dir: Path) -> None:
    series = week(data_dir)
    blank = np.full(len(series), np.nan)
    laid = with_series(wrong(), replace(series, x_pole_rate_rad_s=blank, y_pole_rate_rad_s=blank, ut1_minus_utc_s=blank))
    at_noon, true = (earth_orientation_at(series.epochs, reference=r) for r in (laid, None))
    assert np.abs(at_noon.xp_rad - series.x_pole_rad).max() < 0.025 * MAS
    assert at_noon.ut1_minus_utc_s == pytest.approx(true.ut1_minus_utc_s + 1e-3, abs=1e-9)
