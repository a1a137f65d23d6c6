"""A file tells what it is; what nothing recognises is refused with the list of formats."""

from __future__ import annotations

import gzip
import random

import pytest

from armillary.core.observations import Observations
from armillary.errors import FormatError, InputError, UnknownFormatError
from armillary.io.reading import formats, read
from armillary.io.source import load_source

OBSERVATIONS = b"\n".join(
    [
        b"     3.05           OBSERVATION DATA    M                   RINEX VERSION / TYPE",
        b"C    2 C2I L2I                                              SYS / # / OBS TYPES",
        b"                                                            END OF HEADER",
        b"> 2024 01 01 00 00  0.0000000  0  1",
        b"C21  24000000.123   125000000.456 7",
        b"",
    ]
)


def test_the_content_decides_not_the_name(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(gzip.compress(OBSERVATIONS))
    observations = read(path)
    assert isinstance(observations, Observations)
    assert observations.blocks["C"].column("C2I").tolist() == [24000000.123]
    assert observations.path == str(path)


def test_noise_is_refused_with_the_known_formats(tmp_path):
    path = tmp_path / "noise"
    path.write_bytes(random.Random(3).randbytes(10_000))
    with pytest.raises(UnknownFormatError, match="RINEX observations") as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_damaged_wrapping_is_a_loss_and_an_error_when_strict(tmp_path):
    path = tmp_path / "cut.gz"
    packed = bytearray(gzip.compress(OBSERVATIONS))
    packed[-6] ^= 1  # the checksum: the content itself is whole
    path.write_bytes(packed)
    assert "damaged" in read(path).losses[0].reason
    with pytest.raises(FormatError, match="damaged"):
        read(path, strict=True)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent")


def test_every_format_keeps_the_contract():
    names = [module.NAME for module in formats()]
    assert len(names) == len(set(names))
    for module in formats():
        assert module.__doc__
        assert callable(module.read)
        for head in (b"", b"\n" * 100, bytes(4096), b"\xff" * 4096, OBSERVATIONS[:10]):
            assert not module.SNIFF(head), module.NAME


@pytest.mark.slow
@pytest.mark.real_data
def test_one_format_recognises_one_file(data_dir):
    """No two formats claim the same real file."""
    files = [path for path in sorted(data_dir.glob("gnss/*/*")) + sorted(data_dir.glob("products/*")) if path.suffix != ".md"]
    for path in files:
        head = load_source(path).data[:4096]
        claims = [module.NAME for module in formats() if module.SNIFF(head)]
        assert len(claims) <= 1, (path.name, claims)
