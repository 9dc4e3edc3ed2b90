"""A module whose attributes a compiled function reads."""

import numpy as np

W = np.array([[1.0, 2.0], [3.0, 4.0]])
scale = 2.0


def scaled(x):
    return x * scale
