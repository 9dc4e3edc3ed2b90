"""Comparisons and logic: piecewise constant, so no derivative flows through them."""

from __future__ import annotations

from ..original import np
from .operation import elementwise

greater = elementwise("greater", np.greater, None, None, notation="{0} > {1}")
greater_equal = elementwise("greater_equal", np.greater_equal, None, None, notation=r"{0} \ge {1}")
less = elementwise("less", np.less, None, None, notation="{0} < {1}")
less_equal = elementwise("less_equal", np.less_equal, None, None, notation=r"{0} \le {1}")
equal = elementwise("equal", np.equal, None, None, notation="{0} = {1}")
not_equal = elementwise("not_equal", np.not_equal, None, None, notation=r"{0} \ne {1}")
logical_and = elementwise("logical_and", np.logical_and, None, None, notation=r"{0} \land {1}")
logical_or = elementwise("logical_or", np.logical_or, None, None, notation=r"{0} \lor {1}")
logical_xor = elementwise("logical_xor", np.logical_xor, None, None, notation=r"{0} \oplus {1}")
logical_not = elementwise("logical_not", np.logical_not, None, notation=r"\lnot {0}")
isnan = elementwise("isnan", np.isnan, None, notation=r"\mathrm{{isnan}}({0})")
isinf = elementwise("isinf", np.isinf, None, notation=r"\mathrm{{isinf}}({0})")
isfinite = elementwise("isfinite", np.isfinite, None, notation=r"\mathrm{{isfinite}}({0})")
signbit = elementwise("signbit", np.signbit, None, notation=r"\mathrm{{signbit}}({0})")
# (The sign of a complex number changes with it: z / |z|.)
sign = elementwise("sign", np.sign, None, for_complex=False, notation=r"\mathrm{{sign}}({0})")
floor = elementwise("floor", np.floor, None, notation=r"\lfloor {0} \rfloor")
ceil = elementwise("ceil", np.ceil, None, notation=r"\lceil {0} \rceil")
rint = elementwise("rint", np.rint, None, notation=r"\mathrm{{rint}}({0})")
trunc = elementwise("trunc", np.trunc, None, notation=r"\mathrm{{trunc}}({0})")
floor_divide = elementwise(
    "floor_divide", np.floor_divide, None, None, domain=(0.5, 3.0), notation=r"\lfloor {0} / {1} \rfloor"
)
