"""Where single-frequency positions take their ionosphere from, on real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.services.position import PositionAnswer, position


def answer(folder: Path, **options: object) -> PositionAnswer:
    # JFNG at solar minimum, against the approximate position of the header
    files = {"sp3": [folder / "COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz"], "truth": "-2279829.2868,5004706.2954,3219776.2724"}
    return position(federation("gps"), [folder / "JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz"], **(files | options))


@pytest.mark.real_data
def test_maps_give_positions_and_say_so(data_dir: Path) -> None:
    folder = data_dir / "gnss" / "2019-045"
    found = answer(folder, model="single", ionex=[folder / "codg0450.19i.gz"])
    assert found.remarks == ("single frequency: ionosphere from maps codg0450.19i.gz",)
    # measured 1.23 m; maps leave 15 % of 2 to 4 m, which weighs twice in height, and the header is good to a metre
    assert found.summary["rms_3d_m"][0] < 1.6


@pytest.mark.real_data
def test_without_any_model_the_options_are_named(data_dir: Path) -> None:
    with pytest.raises(InputError, match="--ionex"):
        answer(data_dir / "gnss" / "2019-045", model="single")


@pytest.mark.real_data
def test_maps_must_be_maps(data_dir: Path) -> None:
    folder = data_dir / "gnss" / "2019-045"
    with pytest.raises(InputError, match="an IONEX file was expected"):
        answer(folder, ionex=[folder / "COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz"])
