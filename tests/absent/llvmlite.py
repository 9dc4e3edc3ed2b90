"""Stands in the way of llvmlite, in the tests with --without-llvmlite and the processes that these start."""

raise ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite")
