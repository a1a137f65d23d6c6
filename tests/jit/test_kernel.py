"""Kernels give what Numba gives, without Numba."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest

from armillary import jit
from armillary.jit import linking

Maker = Callable[[str], ModuleType]
NATIVE = pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="here Numba itself keeps machine code")

SCALARS = [
    True, False, -3, 2**62, -(2**63), 2.5, float("nan"), np.bool_(True), np.int8(-5), np.uint8(200), np.int16(-300), np.uint16(65535),
    np.int32(-7), np.uint32(2**32 - 1), np.int64(-1), np.uint64(2**64 - 1), np.float32(0.1), np.float64(0.1),
]  # fmt: skip


def is_native(kernel: Any, *arguments: Any) -> bool:
    """Whether a call with such arguments runs without Numba."""
    kernel(*arguments)
    return isinstance(list(kernel._entries.values())[-1], linking.Native)


def rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.slow
def test_numbers_pass_as_with_numba(make: Maker) -> None:
    echo = make("@njit\ndef echo(x):\n    return x\n").echo
    plain = numba.njit(echo.function)
    for value in SCALARS:
        ours, numbas = echo(value), plain(value)
        assert type(ours) is type(numbas), value
        assert ours == numbas or np.isnan(value)


@pytest.mark.slow
@NATIVE
@pytest.mark.parametrize("value", [True, -3, 2.5, np.int8(-5), np.uint64(2**64 - 1), np.float32(0.1)])
def test_numbers_need_no_numba(make: Maker, value: object) -> None:
    assert is_native(make("@njit\ndef echo(x):\n    return x\n").echo, value)


ARRAYS = {
    "C": np.arange(12.0).reshape(3, 4),
    "F": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "backwards": np.arange(24.0).reshape(3, 8)[::-1, ::-2],
    "bool": np.arange(12).reshape(3, 4) % 3 == 0,
    "uint8": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "int16 slice": np.arange(48, dtype=np.int16).reshape(6, 8)[1::2, 2:6],
    "float32": np.arange(12, dtype=np.float32).reshape(3, 4),
    "empty": np.empty((0, 4)),
}


@pytest.mark.slow
def test_arrays_of_every_layout_and_type(make: Maker) -> None:
    kernel = make(
        """
        @njit
        def weighed(a):
            total = 0.0
            for i in range(a.shape[0]):
                for j in range(a.shape[1]):
                    total += a[i, j] * (10.0 * i + j)
            return total
        """
    ).weighed
    for name, array in ARRAYS.items():
        frozen = array.copy(order="K")
        frozen.flags.writeable = False
        weights = 10.0 * np.arange(array.shape[0])[:, None] + np.arange(array.shape[1])
        # sums of small whole numbers are exact
        assert kernel(array) == kernel(frozen) == (array * weights).sum(), name


def test_arrays_are_changed_in_place(make: Maker) -> None:
    kernel = make("@njit\ndef fill(out, value):\n    for i in range(len(out)):\n        out[i] = value\n").fill
    whole = np.zeros(6)
    assert kernel(whole[::2], 2.0) is None
    assert whole.tolist() == [2.0, 0.0, 2.0, 0.0, 2.0, 0.0]
    with pytest.raises(numba.TypingError):
        kernel(np.frombuffer(bytes(8)), 2.0)  # read-only


def test_unusual_arrays_are_left_to_numba(make: Maker) -> None:
    kernel = make("@njit\ndef first(a):\n    return a[0]\n").first
    with pytest.raises(numba.TypingError):
        kernel(np.ma.masked_array([1.0, 2.0], [True, False]))
    odd = np.frombuffer(bytes(1) + np.arange(2.0).tobytes(), np.uint8)[1:].view(np.float64)
    assert not odd.flags.aligned and kernel(odd) == 0.0
    assert kernel(np.array([3 + 4j])) == 3 + 4j
    assert kernel((5.0, 6.0)) == 5.0
    assert make("@njit\ndef echo(x):\n    return x\n").echo(2**63) == 2**63, "an integer that only an unsigned number can hold"


def test_tuples_in_and_out(make: Maker) -> None:
    kernel = make("@njit\ndef turn(pair, flag):\n    return flag, (flag, pair[1] * 2.0, (pair[0], flag)), pair\n").turn
    # a number after a flag lies at its own alignment, and so does a tuple that holds one
    assert kernel((3, 1.5), True) == (True, (True, 3.0, (3, True)), (3, 1.5))
    assert kernel((np.int8(-3), np.float32(0.5)), False) == (False, (False, 1.0, (-3, False)), (-3, 0.5))
    assert kernel((3, 4), 7) == (7, (7, 8.0, (3, 7)), (3, 4))


@pytest.mark.slow
def test_arrays_in_tuples(make: Maker) -> None:
    kernel = make("@njit\ndef both(pair):\n    return pair[0] + pair[1], pair[0].sum()\n").both
    added, total = kernel((np.arange(3.0), np.ones(3)))
    assert added.tolist() == [1.0, 2.0, 3.0] and total == 3.0


@pytest.mark.slow
@NATIVE
def test_returned_arrays_own_their_memory(make: Maker) -> None:
    kernel = make(
        """
        @njit
        def made(n):
            a = np.arange(n)
            return a, a[::2], a.reshape(n // 2, 2).T
        """
    ).made
    whole, every, turned = kernel(6)
    assert is_native(kernel, 6)
    whole[0] = 9
    assert every[0] == turned[0, 0] == 9, "three arrays on one memory"
    view = every[1:]
    del whole, every, turned
    gc.collect()
    kernel(6)
    assert view.tolist() == [2, 4] and view.flags.writeable
    assert [a.shape for a in kernel(0)] == [(0,), (0,), (2, 0)]


@pytest.mark.slow
def test_an_argument_that_comes_back_is_the_argument(make: Maker) -> None:
    module = make("@njit\ndef same(a):\n    return a\n\n\n@njit\ndef part(a):\n    return a[1:]\n")
    given = np.arange(4.0)
    assert module.same(given) is given
    part = module.part(given)
    part[0] = 7.0
    assert given[1] == 7.0, "a view, as with Numba"
    part = module.part(np.arange(4.0))
    gc.collect()
    assert part.tolist() == [1.0, 2.0, 3.0], "the view holds what it looks at"


@pytest.mark.slow
@NATIVE
def test_memory_is_given_back(make: Maker) -> None:
    kernel = make("@njit\ndef twice(n):\n    a = np.zeros(n)\n    b = np.ones(n)\n    return a, b, a\n").twice
    for _ in range(100):
        kernel(5000)
    before = rss_bytes()
    for _ in range(10_000):
        kernel(5000)
    # 80 kB a call: 800 MB if none were given back; the allocator keeps a few pages for itself
    assert rss_bytes() - before < 8_000_000


RAISING = """
@njit
def fails(how, out):
    out[0] += 1.0
    if how == 0:
        raise ValueError("not this", 3)
    if how == 1:
        raise KeyError
    if how == 2:
        raise ZeroDivisionError("three", 3.0)
    if how == 3:
        return len(np.empty(how - 4))
    if how == 4:
        raise IndexError(how)
    return how
"""


@pytest.mark.slow
def test_exceptions_are_those_of_numba(make: Maker) -> None:
    kernel = make(RAISING).fails
    for how in range(5):
        out = np.zeros(1)
        with pytest.raises(Exception) as ours:
            kernel(how, out)
        with pytest.raises(Exception) as numbas:
            kernel.dispatcher(how, np.zeros(1))
        assert (type(ours.value), ours.value.args) == (type(numbas.value), numbas.value.args)
        if how != 4:  # whose arguments only Numba can make: it runs the kernel once more
            assert out[0] == 1.0, "what was done before the exception is done once"
    assert kernel(5, np.zeros(1)) == 5


@NATIVE
def test_exceptions_say_where(make: Maker) -> None:
    with pytest.raises(ValueError, match="not this") as caught:
        make(RAISING).fails(0, np.zeros(1))
    assert "in fails" in caught.value.__notes__[0] and "made_kernels.py, line" in caught.value.__notes__[0]


@pytest.mark.slow
def test_what_numba_refuses_is_refused(make: Maker) -> None:
    kernel = make("@njit\ndef add(a, b=1):\n    return a + b\n").add
    with pytest.raises(numba.TypingError):
        kernel(object(), 1)
    with pytest.raises(TypeError):
        kernel(1, 2, 3)
    assert kernel(1) == 2, "a default is Numba's business"
    assert kernel("a", "b") == "ab"


def test_kernels_made_inside_a_function_do_not_meet(make: Maker) -> None:
    module = make(
        """
        def made(factor):
            @njit
            def times(x):
                return x * factor
            return times


        two, three = made(2), made(3)
        """
    )
    assert (module.two(5), module.three(5)) == (10, 15)


def test_functions_of_one_name_do_not_meet(make: Maker, workshop: Any) -> None:
    text = "@njit\ndef add(x):\n    return x + 1\n\n\nfirst = add\n\n\n@njit\ndef add(x):\n    return x + 2\n"
    for _ in range(2):
        module = make(text)
        assert (module.first(1), module.add(1)) == (2, 3)
    assert workshop.compiled == []


@pytest.mark.slow
def test_a_function_of_no_file_is_not_kept(tmp_path: Path) -> None:
    code = "from armillary.jit import njit\n\n@njit\ndef add(x):\n    return x + 1\n\nprint(add(1))"
    for words in (["-c", code], ["-"]):
        done = subprocess.run([sys.executable, *words], input=code, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "2\n", done.stderr
    assert list(tmp_path.iterdir()) == []
    spaces: list[dict[str, Any]] = [{"__name__": "nowhere"}, {"__name__": "nowhere"}]
    for i, space in enumerate(spaces):
        exec(f"from armillary.jit import njit\n\n@njit\ndef add(x):\n    return x + {i}\n", space)
    assert [space["add"](5) for space in spaces] == [5, 6]


def test_large_global_arrays_are_left_to_numba(make: Maker, workshop: Any) -> None:
    """Numba puts the address of a large array into the code: in another process something else lies there."""
    text = "TABLE = np.arange(2_000_000.0)\n\n\n@njit\ndef at(i):\n    return TABLE[i]\n"
    assert make(text).at(7) == 7.0
    assert workshop.compiled == ["at"]
    assert workshop.start("made_kernels").at(1_999_999) == 1_999_999.0
    assert workshop.compiled == [], "it is known that only Numba can"


def test_constants_are_no_reason_to_compile_again(make: Maker) -> None:
    module = make(
        """
        @njit
        def plus(a, b):
            return a + b


        @njit
        def sums(a):
            return plus(a, 1) + plus(a, 2) + plus(a, 3)
        """
    )
    assert module.sums(10) == 36
    assert len(module.plus.inner.overloads) == 1


def test_threads_share_a_kernel(make: Maker, workshop: Any) -> None:
    kernel = make("@njit\ndef fill(out, value):\n    for i in range(len(out)):\n        out[i] = value\n    return np.full(3, value)\n").fill
    rows = np.zeros((8, 20_000))
    barrier, wrong = threading.Barrier(8), []

    def work(i: int) -> None:
        barrier.wait()
        for _ in range(50):
            if kernel(rows[i], float(i)).tolist() != [float(i)] * 3:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and (rows == np.arange(8.0)[:, None]).all()
    assert workshop.compiled == ["fill"]


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "raised"), [("NUMBA_DISABLE_JIT=1", "IndexError"), ("NUMBA_BOUNDSCHECK=1", "IndexError"), ("", "none")])
def test_settings_of_numba_are_respected(workshop: Any, setting: str, raised: str) -> None:
    workshop.write("made_kernels", "@njit\ndef inner(a, i):\n    return a[i]\n\n\n@njit\ndef at(a, i):\n    return inner(a, i)\n")
    code = """
        import numpy as np, made_kernels as m
        assert m.at(np.arange(3.0), 2) == 2.0
        try:
            m.at(np.arange(1.0), 1)
            print("none")
        except IndexError as error:
            print("IndexError")
        """
    environment = {**os.environ, "PYTHONPATH": str(workshop.folder), **dict([setting.split("=")] if setting else [])}
    lines = "\n".join(line.strip() if not line.startswith("            ") else "    " + line.strip() for line in code.splitlines())
    done = subprocess.run([sys.executable, "-c", lines], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == [raised], done.stderr
    assert bool(workshop.kept()) == (not setting), "checked code is not kept for those who want it quick"


def test_the_quick_way_can_be_switched_off(workshop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMILLARY_KERNELS", "numba")
    workshop.write("made_kernels", "@njit\ndef inner(x):\n    return x + 1\n\n\n@njit\ndef add(x):\n    return inner(x) + 1\n")
    assert workshop.start("made_kernels").add(1) == 3
    assert not workshop.kept() and not workshop.compiled


def test_a_name_that_is_nowhere_is_found_out_before_linking() -> None:
    """LLVM ends the process over a name that it cannot resolve, and over a function that is not there."""
    import llvmlite.binding as llvm

    linking._runtime()
    target = llvm.Target.from_default_triple().create_target_machine()

    def code(text: str, symbol: str = "f") -> Any:
        return linking.Code(symbol, "i8", target.emit_object(llvm.parse_assembly(text)), {})

    body = "define i32 @f() {{ {} ret i32 0 }}"
    assert linking.can_link(code(body.format("")))
    assert linking.can_link(code(body.format("call void @abort()") + "declare void @abort()"))
    assert linking.can_link(code(body.format("call void @NRT_Free()") + "declare void @NRT_Free()"))
    assert not linking.can_link(code(body.format("call void @is_nowhere()") + "declare void @is_nowhere()"))
    assert not linking.can_link(code(body.format("call void @is_nowhere()") + "declare extern_weak void @is_nowhere()"))
    assert not linking.can_link(code(body.format(""), symbol="g"))
    assert not linking.can_link(linking.Code("f", "i8", b"\x7fELF", {}))


@NATIVE
def test_a_kernel_that_cannot_be_linked_is_left_to_numba(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "can_link", lambda code: False)
    kernel = make("@njit\ndef add(x):\n    return x + 1\n").add
    assert kernel(1) == 2 and not is_native(kernel, 1)


@pytest.mark.slow
def test_kernels_describe_themselves() -> None:
    @jit.njit(nogil=True)
    def area(a: float, b: float) -> float:
        """Of a rectangle."""
        return a * b

    assert isinstance(area, jit.Kernel)
    assert (area.__name__, area.__doc__, area.options) == ("area", "Of a rectangle.", {"nogil": True, "error_model": "numpy"})
    assert area(2.0, 3.0) == 6.0


def test_division_by_zero_is_as_in_numpy(make: Maker) -> None:
    module = make('@njit\ndef ratio(a, b):\n    return a / b\n\n\n@njit(error_model="python")\ndef strict(a, b):\n    return a / b\n')
    assert module.ratio(1.0, 0.0) == np.inf and np.isnan(module.ratio(0.0, 0.0))
    with pytest.raises(ZeroDivisionError):
        module.strict(1.0, 0.0)
