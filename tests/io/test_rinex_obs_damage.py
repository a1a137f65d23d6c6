"""Whatever bytes a reader is given, only the documented errors leave it, in time that grows with the size of the input alone."""

from __future__ import annotations

import contextlib
import random
import time
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.errors import FormatError, LimitError
from armillary.io.rinex_obs import read_text, write


def head(content: str, label: str) -> str:
    return f"{content:<60}{label}\n"


def row(name: str, count: int) -> str:
    return name + "".join(f"{20e6 + k * 1.001:14.3f}{k % 2 or ' '}{k % 10}" for k in range(count)) + "\n"


MARKED = (
    head("     3.05           OBSERVATION DATA    M", "RINEX VERSION / TYPE")
    + head("ABCD", "MARKER NAME")
    + head("  1000000.1000 -2000000.2000  3000000.3000", "APPROX POSITION XYZ")
    + head("R    2 C1C L1C", "SYS / # / OBS TYPES")
    + head("C   14 C2I L2I D2I S2I C6I L6I D6I S6I C7I L7I D7I S7I C1P", "SYS / # / OBS TYPES")
    + head("       L1P", "SYS / # / OBS TYPES")
    + head("R   10   1 C1C", "SYS / SCALE FACTOR")
    + head("  2 R01  1 R02 -4", "GLONASS SLOT / FRQ #")
    + head("  2024     1     1     0     0    0.0000000     GPS", "TIME OF FIRST OBS")
    + head("", "END OF HEADER")
    + "".join(f"> 2024 01 01 00 {k:02d}  0.0000000  0  3\n" + row("C21", 14) + row("C05", 9) + row("R01", 2) for k in range(4))
    + ">                              4  1\n"
    + head("R    3 C1C L1C D1C", "SYS / # / OBS TYPES")
    + "".join(f"> 2024 01 01 01 {k:02d}  0.0000000  1  1        .123456789012\n" + row("R02", 3) for k in range(3))
).encode()

UNMARKED = (
    head("     2.11           OBSERVATION DATA    M", "RINEX VERSION / TYPE")
    + head("     7    C1    P1    P2    L1    L2    S1    S2", "# / TYPES OF OBSERV")
    + head("  2024     1     1     0     0    0.0000000     GPS", "TIME OF FIRST OBS")
    + head("", "END OF HEADER")
    + "".join(
        f" 24  1  1  0 {k:2d}  0.0000000  0 13G01G02G03G04G05G06G07G08G09G10G11R01 .123456789\n{'':32}R02\n" + (row("", 5) + row("", 2)) * 13
        for k in range(3)
    )
    + f"{'':28}4  1\n"
    + head("     2    C1    L1", "# / TYPES OF OBSERV")
    + " 24  1  1  1  0  0.0000000  0  1G01\n"
    + row("", 2)
).encode()

TEXTS = {"marked": MARKED, "unmarked": UNMARKED}


def survives(data: bytes) -> None:
    """Reads in both modes; the lenient result must be writable, so its columns hang together."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a damaged date may lie beyond the leap-second table
        with contextlib.suppress(FormatError, LimitError):
            observations = read_text(data, "damaged")
            assert all(int(block.offsets[-1]) == len(block.sat) == block.values.shape[1] for block in observations.blocks.values())
            write(observations)
        with contextlib.suppress(FormatError, LimitError):
            read_text(data, "damaged", strict=True)


@pytest.mark.parametrize("name", TEXTS)
def test_undamaged_texts_are_sound(name):
    assert read_text(TEXTS[name], name, strict=True).losses == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_seeded_mutations(name):
    rng = random.Random(20240101)
    good = TEXTS[name]
    for _ in range(700):
        data = bytearray(good)
        for _ in range(rng.choice((1, 1, 2, 5, 30))):
            at = rng.randrange(len(data))
            kind = rng.randrange(5)
            if kind == 0:
                data[at] = rng.randrange(256)
            elif kind == 1:
                data[at] = rng.choice(b" 0123456789.->\n\r\x00GRCEX")
            elif kind == 2:
                del data[at : at + rng.choice((1, 3, 60, 500))]
            elif kind == 3:
                data[at:at] = data[at : at + rng.choice((1, 16, 80, 300))]
            else:
                del data[at:]
            data = data or bytearray(b" ")
        survives(bytes(data))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(TEXTS)), st.binary(max_size=200), st.integers(0, 4000), st.integers(0, 300))
def test_anything_in_the_middle(name, noise, at, cut):
    survives(TEXTS[name][:at] + noise + TEXTS[name][at + cut :])


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=3000))
def test_any_body(noise):
    for text in TEXTS.values():
        survives(text[: text.index(b"END OF HEADER") + 14] + noise)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        b"x" * 20_000_000,
        b"> 2024 01 01 00 00  0.0000000  0999\n" + b"C21\n" * 2_000_000,
        b"> 2024 01 01 00 00  0.0000000  0  1\n" * 100_000,
        b">                              4999\n" * 100_000,
        b"> 2024 01 01 00 00  0.0000000  0  1\nC21" + b"1" * 20_000_000,
        b"\n" * 5_000_000,
        bytes(5_000_000),
    ],
    ids=["one line", "one endless epoch", "empty epochs", "empty events", "one endless row", "empty lines", "zeros"],
)
def test_time_grows_with_the_size_only(body):
    data = MARKED[: MARKED.index(b"END OF HEADER") + 14] + body
    start = time.process_time()
    survives(data)
    # 20 MB of a real file take 0.1 s; Python objects for 100,000 losses or records must not make it minutes.
    assert time.process_time() - start < 10


@pytest.mark.slow
def test_types_that_change_forever_are_refused():
    event = b">                              4  1\n" + head("R    3 C1C L1C D1C", "SYS / # / OBS TYPES").encode()
    with pytest.raises(LimitError, match="change more than"):
        read_text(MARKED + event * 10_100, "x")
