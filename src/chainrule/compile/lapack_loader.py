"""The one way of this room to SciPy: the routines of LAPACK and BLAS, under names by which native code calls them.

A name stands for an address of this process only, so that machine code can be kept on disk. What SciPy offers to
Cython are C functions that take pointers, as Fortran does; which, is read from their signatures before one is relied
upon.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import re

from . import llvm_loader

# What each takes pointers to: c characters, i integers of 32 bits, x numbers.
_LAPACK = {
    "dgesv": "iixiixii",
    "dgetrf": "iixiii",
    "dpotrf": "cixii",
    "dsyevd": "ccixixxiiii",
    "dgeqrf": "iixixxii",
    "dorgqr": "iiixixxii",
    "dgesdd": "ciixixxixixiii",
}
_BLAS = dict.fromkeys(("strsm", "dtrsm"), "cccciixxixi")


def symbol(routine: str) -> str:
    """The name by which native code calls a routine."""
    return f"chainrule_{routine}"


@functools.cache
def is_available() -> bool:
    """Whether SciPy offers all of them; the first call tells LLVM where they are."""
    found = addresses()
    llvm_loader.add_symbols(found)
    return bool(found)


def addresses() -> dict[str, int]:
    """Where each routine lies in this process, by the name that native code uses; empty where one is missing."""
    found: dict[str, int] = {}
    for module, routines in (("cython_lapack", _LAPACK), ("cython_blas", _BLAS)):
        try:
            offered = importlib.import_module(f"scipy.linalg.{module}").__pyx_capi__
        except (ImportError, AttributeError):
            return {}
        for routine, takes in routines.items():
            address = _address(offered.get(routine), takes)
            if address is None:
                return {}
            found[symbol(routine)] = address
    return found


def _address(capsule: object, takes: str) -> int | None:
    """Where a function of the expected signature lies; None where it is another."""
    if capsule is None:
        return None
    name_of = ctypes.pythonapi.PyCapsule_GetName
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    signature = name_of(capsule)
    found = re.fullmatch(r"void \((.*)\)", signature.decode())
    kinds = found[1].split(", ") if found else []
    letters = {"char *": "c", "int *": "i"}
    if "".join([letters.get(kind, "x") for kind in kinds]) != takes:
        return None
    return pointer_of(capsule, signature)
