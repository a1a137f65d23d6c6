"""Why a mirror did not give a file. Each is caught where the next mirror is tried; none of them leaves :mod:`armillary.io.fetching`."""

from __future__ import annotations

import re
import socket

__all__ = ["AbsentError", "LateError", "NotDataError", "TooLargeError", "TransferError", "UnreachableError", "no_answer"]


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


def no_answer(error: BaseException) -> str:
    """What to say of a host that could not be connected to: the cause in a few words, without the operating system's numbers.

    >>> no_answer(ConnectionRefusedError(111, "Connection refused"))
    'cannot be reached (Connection refused)'
    >>> no_answer(socket.gaierror(-2, "Name or service not known"))
    'host name not found'
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "host name not found"
        cause = cause.__cause__ or cause.__context__
    text = re.sub(r"^\[\w+ -?\d+\] ", "", str(error).split("\n")[0])[:120]
    return f"cannot be reached ({text or type(error).__name__})"
