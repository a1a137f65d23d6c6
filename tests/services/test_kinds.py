"""Messages call the content of a file what people call it."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.io.reading import formats
from armillary.services import info
from armillary.services._describe import describe
from armillary.services._earth import earth_orientation
from armillary.services._kinds import _WORDS
from armillary.services.convert import convert
from armillary.services.info import info as told_of
from armillary.services.position import position

STATIONS = "station,x_m,y_m,z_m\nABCD,6378137.0,0.0,0.0\n"
ROTATION = (
    'version 2\n  MJD      Xpole   Ypole  UT1-UTC    LOD\n          1e-6"   1e-6"   1e-7s  1e-7s/d\n 59945.50   40000  200000  -170000    500\n'
)


def test_every_type_that_a_reader_returns_has_words() -> None:
    returned = {str(inspect.signature(module.read).return_annotation) for module in formats() if module.__name__.startswith("armillary.")}
    assert len(returned) > 8 and returned <= set(_WORDS)
    assert all(words not in _WORDS and words == words.strip() != "" for words in _WORDS.values())


def test_info_and_messages_use_the_same_words(tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(STATIONS)
    (told,) = told_of([path])
    assert told.kind == "stations" and _WORDS["Network"].endswith(told.kind)
    assert info.DESCRIBERS and describe.registry


def test_a_file_of_another_kind_is_named_in_words(tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(STATIONS)
    with pytest.raises(InputError, match="holds a table of stations, but a RINEX observation file was expected"):
        position(federation("glonass"), [path])
    rotation = tmp_path / "igs.erp"
    rotation.write_text(ROTATION)
    with pytest.raises(InputError, match="holds Earth rotation parameters, which cannot be written"):
        convert(rotation, tmp_path / "other.erp")


def test_earth_orientation_of_another_kind_is_told_what_is_taken(tmp_path: Path) -> None:
    """Once only the tables of the IERS were named, though files of the centres are taken too."""
    observed = Epochs(np.array([1_672_531_200_000_000_000]))
    path = tmp_path / "stations.csv"
    for text, said in ((STATIONS, "holds a table of stations, but "), ("neither this nor that\n", "")):
        path.write_text(text)
        with pytest.raises(InputError, match=rf"stations.csv: {said}.*expected.*finals2000A.*C04.*IGS ERP"):
            earth_orientation(path, observed)
