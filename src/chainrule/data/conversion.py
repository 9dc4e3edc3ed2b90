"""Numbers of one dtype as numbers of another, and never quietly as others."""

from __future__ import annotations

import numpy as np

from ..errors import DataError, DtypeError


def dtype_for(stored: np.dtype, wanted: np.dtype | None, what: str) -> np.dtype:
    """The dtype in which rows are used.

    Parameters
    ----------
    stored : dtype
        As they lie.
    wanted : dtype or None
        None: as they lie, in the order of bytes of this machine.
    what : str
        What messages call them.

    Raises
    ------
    DtypeError
        If they are no numbers, or would lose more than digits.

    Examples
    --------
    >>> dtype_for(np.dtype(">f8"), None, "x"), dtype_for(np.dtype("u1"), np.dtype("f4"), "x")
    (dtype('float64'), dtype('float32'))
    """
    native = stored.newbyteorder("=")
    if native.kind not in "biufc":
        raise DtypeError(f"{what} holds no numbers", got=str(stored))
    if wanted is None:
        return native
    casting = "same_kind" if wanted.kind in "fc" else "safe"  # whole numbers would wrap around
    if not np.can_cast(native, wanted, casting):
        raise DtypeError(f"{what} cannot be converted to {wanted}", got=str(stored))
    return wanted


def convert(values: np.ndarray, into: np.ndarray, what: str) -> None:
    """Copy numbers into an array of another dtype.

    Raises
    ------
    DataError
        If one is too large for it.
    """
    try:
        with np.errstate(over="raise"):
            np.copyto(into, values, casting="same_kind")
    except FloatingPointError as error:
        raise DataError(f"{what} has numbers that are too large for {into.dtype}") from error
