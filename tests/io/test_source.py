"""Wrappings are told by content, bounded, and never lose what could be read."""

from __future__ import annotations

import base64
import bz2
import contextlib
import gzip
import io
import os
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.errors import FormatError, InputError, LimitError
from armillary.io import source as source_module
from armillary.io.source import load_source, source_from_bytes

TEXT = b"".join(b"%14.3f\n" % (i * 1234.567) for i in range(5000))

# What compress(1) makes of b"to be or not to be or to be " * 8: written by ncompress 5.0.
COMPRESSED = base64.b64decode("H52QdN6AEFMGxBs5INy8oQMi4MCCBxsKJCjxoUGEChk6pBhxY0GPFxMurMgRIUiQETOShGhy4keXIVWibGlxpkiNMDvCtCkzJ02KPEfaBAk=")


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def lzw(data: bytes, widest: int = 16) -> bytes:
    """A second, slow implementation of compress(1), written from its description, as the truth for the decoder."""
    out, table, width, free = [], {bytes([i]): i for i in range(256)}, 9, 257
    codes: list[tuple[int, int]] = []
    word = b""
    for i in range(len(data)):
        longer = word + data[i : i + 1]
        if longer in table:
            word = longer
            continue
        codes.append((table[word], width))
        if free < 1 << widest:
            table[longer] = free
            free += 1
        word = data[i : i + 1]
        if free > 1 << width and width < widest:
            codes.extend([(0, width)] * (-sum(1 for _, w in codes if w == width) % 8))
            width += 1
    if word:
        codes.append((table[word], width))
    bits = at = 0
    for code, size in codes:
        bits |= code << at
        at += size
    out.append(bits.to_bytes((at + 7) // 8, "little"))
    return b"\x1f\x9d" + bytes([0x80 | widest]) + b"".join(out)


@pytest.mark.parametrize(
    "wrapped",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
        gzip.compress(TEXT) + bytes(512),
        bz2.compress(TEXT),
        bz2.compress(TEXT[:1000]) + bz2.compress(TEXT[1000:]),
        zipped(("a.rnx", TEXT)),
        zipped(("a.rnx.gz", gzip.compress(TEXT))),
        lzw(TEXT),
    ],
    ids=["plain", "gzip", "gzip members", "gzip padded", "bzip2", "bzip2 streams", "zip", "gzip in zip", "compress"],
)
def test_every_wrapping_gives_the_same_bytes(wrapped, tmp_path):
    path = tmp_path / "name_says_nothing"
    path.write_bytes(wrapped)
    source = load_source(path)
    assert source.data == TEXT
    assert source.losses == ()
    assert source.path == str(path)


def test_a_file_of_the_compress_program():
    assert source_from_bytes(COMPRESSED, "x").data == b"to be or not to be or to be " * 8


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.integers(9, 16))
def test_compress_is_undone(data, widest):
    data = b"." + data  # or the content may look like a wrapping itself
    assert source_from_bytes(lzw(data, widest), "x").data == data


def test_compress_with_a_table_that_fills_and_clears():
    ncompress = pytest.importorskip("ncompress")
    rng = random.Random(4)
    noise = bytes(rng.getrandbits(8) for _ in range(300_000))
    for data in (noise, noise[:100_000] + TEXT * 10 + noise):
        assert source_from_bytes(ncompress.compress(data), "x").data == data


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_cut_off_file_gives_its_beginning_and_a_loss(pack):
    data = random.Random(1).randbytes(2_000_000)
    source = source_from_bytes(pack(data)[:-1000], "cut.gz")
    assert data.startswith(source.data)
    assert len(source.data) > 500_000  # bzip2 works in blocks of 900 kB: at least one is whole
    assert "cut off" in str(source.losses[0])


def test_gzip_with_a_wrong_checksum_is_reported():
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    source = source_from_bytes(bytes(packed), "x")
    assert TEXT.startswith(source.data)
    assert "damaged" in source.losses[0].reason


def test_nothing_to_decompress_is_an_error():
    with pytest.raises(FormatError, match="cut off"):
        source_from_bytes(gzip.compress(TEXT)[:12], "x")


def test_several_members_of_an_archive_are_reported():
    source = source_from_bytes(zipped(("a", TEXT), ("b", b"other")), "x")
    assert source.data == TEXT
    assert "'a'" in source.losses[0].reason


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzw], ids=["gzip", "bzip2", "compress"])
def test_bomb_is_refused(pack, monkeypatch):
    monkeypatch.setattr(source_module, "FREE_BYTES", 100_000)
    with pytest.raises(LimitError, match="bomb"):
        source_from_bytes(pack(bytes(3_000_000)), "bomb")


def test_size_limit_holds_for_plain_and_wrapped_files(tmp_path):
    (tmp_path / "plain").write_bytes(TEXT)
    (tmp_path / "wrapped").write_bytes(gzip.compress(TEXT))
    for name in ("plain", "wrapped"):
        with pytest.raises(LimitError, match="limit"):
            load_source(tmp_path / name, limit_bytes=10_000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\n <!DOCTYPE HTML><head>", "web page"),
        (b"<html><body>Earthdata Login", "web page"),
        (b"PK\x03\x04nonsense", "zip archive"),
        (zipped(), "without a file"),
    ],
)
def test_content_that_is_no_data(content, words, tmp_path):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(FormatError, match=words) as caught:
        load_source(tmp_path / "f")
    assert str(tmp_path / "f") in str(caught.value)


def test_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_source(tmp_path / "absent.rnx")
    with pytest.raises(InputError, match="is a directory"):
        load_source(tmp_path)
    with pytest.raises(InputError, match="device"):
        load_source(os.devnull)
    with pytest.raises(InputError):
        load_source("nul\0byte")


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.sampled_from([gzip.compress(TEXT), bz2.compress(TEXT), zipped(("a", TEXT)), lzw(TEXT)]), st.data())
def test_damaged_wrappings_raise_only_known_errors(packed, data):
    damaged = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError, LimitError):
        source_from_bytes(bytes(damaged), "x")
