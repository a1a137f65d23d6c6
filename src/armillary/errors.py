"""Every exception armillary raises on purpose.

::

    ArmillaryError
    ├── InputError            what was given cannot be used (exit status 2 at the command line)
    │   ├── FormatError       a file does not follow its format: path, line, text
    │   ├── LimitError        a file asks for more time or memory than the stated limit
    │   └── UnknownFormatError  no format recognises the file
    ├── OutOfRangeError       an epoch lies outside the data that must cover it
    ├── StoreError            a store cannot be read or written; names the file
    └── MissingExtraError     an optional dependency is absent; names the extra to install
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # an exception tree costs no import of numpy
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ArmillaryError",
    "FormatError",
    "InputError",
    "LimitError",
    "MissingExtraError",
    "OutOfRangeError",
    "StoreError",
    "UnknownFormatError",
]


class ArmillaryError(Exception):
    """Base of every exception armillary raises on purpose."""


class InputError(ArmillaryError):
    """What was given cannot be used; the message says what was expected."""


class FormatError(InputError):
    """A file does not follow its format.

    ``path`` is the file as the caller named it, ``line`` the 1-based line number (0 when the whole file is meant),
    ``text`` what was found and what was expected.
    """

    def __init__(self, path: str, line: int, text: str) -> None:
        self.path, self.line, self.text = str(path), int(line), text
        where = f"{self.path}, line {self.line}" if self.line else self.path
        super().__init__(f"{where}: {text}")

    def __reduce__(self) -> tuple[type[FormatError], tuple[str, int, str]]:
        return type(self), (self.path, self.line, self.text)  # made again from what it was made of, in another process too


class LimitError(InputError):
    """A file asks for more time or memory than the stated limit (a decompression bomb, a line without end)."""


class UnknownFormatError(InputError):
    """No known format recognises the file."""


class OutOfRangeError(ArmillaryError):
    """An epoch lies outside the data that must cover it; ``mask`` marks which of the epochs asked for (bool[n])."""

    def __init__(self, text: str, mask: NDArray[np.bool_] | None = None) -> None:
        self.mask = mask
        super().__init__(text)

    def __reduce__(self) -> tuple[type[OutOfRangeError], tuple[str, NDArray[np.bool_] | None]]:
        return type(self), (str(self), self.mask)


class StoreError(ArmillaryError):
    """A store cannot be read or written: ``path`` is the file or folder, ``text`` what happened and what became of the rows."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = str(path), text
        super().__init__(f"{self.path}: {text}")

    def __reduce__(self) -> tuple[type[StoreError], tuple[str, str]]:
        return type(self), (self.path, self.text)


class MissingExtraError(ArmillaryError):
    """An optional dependency is absent; the message names the extra that brings it."""

    def __init__(self, module: str, extra: str) -> None:
        self.module, self.extra = module, extra
        super().__init__(f"this needs {module!r}, which is not installed: pip install 'armillary[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.module, self.extra)
