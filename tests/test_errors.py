"""Errors keep what they say, also on their way from another process."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from armillary import errors


@pytest.mark.parametrize(
    "error",
    [
        errors.InputError("this cannot be used"),
        errors.FormatError("a.rnx", 12, "expected a number"),
        errors.LimitError("too large"),
        errors.UnknownFormatError("nothing known"),
        errors.OutOfRangeError("outside", np.array([True, False])),
        errors.StoreError("/store", "no space left"),
        errors.MissingExtraError("duckdb", "store"),
    ],
)
def test_every_error_survives_the_way_from_another_process(error: errors.ArmillaryError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)
    kept = {name: value for name, value in vars(error).items() if name != "mask"}
    assert {name: getattr(again, name) for name in kept} == kept
