"""Why a mirror did not give a file. Each is caught where the next mirror is tried; none of them leaves :mod:`armillary.io.fetching`."""

from __future__ import annotations

__all__ = ["AbsentError", "LateError", "NotDataError", "TooLargeError", "TransferError", "UnreachableError"]


class TransferError(Exception):
    """The file could not be had from here; the message says what the mirror answered."""


class AbsentError(TransferError):
    """The mirror has no such file."""


class UnreachableError(TransferError):
    """The host does not answer at all: it need not be asked for the next file either."""


class NotDataError(TransferError):
    """What came is not the file: a web page, another format, a damaged archive."""


class TooLargeError(TransferError):
    """The file passes the size limit."""


class LateError(TransferError):
    """The time for the whole command is over, or it was interrupted."""
