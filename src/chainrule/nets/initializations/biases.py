"""What biases start from."""

from __future__ import annotations

import numpy as np

from ...errors import ArgumentError
from .initialization import Place, bias_rule


@bias_rule("0", "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4")
def zeros(place: Place) -> np.ndarray:
    """No bias at first: all symmetry is broken by the weights.

    Parameters
    ----------
    place : Place

    Returns
    -------
    b : array of float64, shape (units,)

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4.

    Examples
    --------
    >>> zeros(Place(2, False, None))
    array([0., 0.])
    """
    return np.zeros(place.units)


@bias_rule("c", "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4", settings={"value": 0.1})
def constant(place: Place, value: float = 0.1) -> np.ndarray:
    """One number for every unit.

    Parameters
    ----------
    place : Place
    value : float

    Returns
    -------
    b : array of float64, shape (units,)

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4: 1 for the gates of units that shall start open.

    Examples
    --------
    >>> constant(Place(2, False, None), value=1.0)
    array([1., 1.])
    """
    return np.full(place.units, float(value))


@bias_rule(
    r"c \text{ in hidden layers}",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.1",
    settings={"value": 0.1},
)
def positive(place: Place, value: float = 0.1) -> np.ndarray:
    """A small positive number in hidden layers, so that rectifiers start active for most samples; 0 in the last one.

    Parameters
    ----------
    place : Place
    value : float

    Returns
    -------
    b : array of float64, shape (units,)

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.1.

    Examples
    --------
    >>> positive(Place(2, False, None)), positive(Place(2, True, None))
    (array([0.1, 0.1]), array([0., 0.]))
    """
    return np.full(place.units, 0.0 if place.is_output else float(value))


@bias_rule(
    r"\mathrm{argmin}_c \, L(c, y) \text{ in the last layer}",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4",
)
def prior(place: Place) -> np.ndarray:
    """What is known of the targets before any input: their log-odds or their mean, in the last layer; else 0.

    Training then need not spend its first steps on it. Which constant is best is for a loss to say.

    Parameters
    ----------
    place : Place

    Returns
    -------
    b : array of float64, shape (units,)

    Raises
    ------
    ArgumentError
        If nothing is known about the targets, or of another number of outputs.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4.

    Examples
    --------
    >>> prior(Place(1, True, np.array([2.5]))), prior(Place(3, False, None))
    (array([2.5]), array([0., 0., 0.]))
    """
    if not place.is_output:
        return np.zeros(place.units)
    if place.prior is None or np.shape(place.prior) != (place.units,):
        raise ArgumentError(
            "biases from what is known of the targets need one number for each weighted sum of the last layer",
            got="nothing" if place.prior is None else f"prior of shape {np.shape(place.prior)}",
            wanted=f"initialize(rng, prior=...) of shape ({place.units},)",
        )
    return np.array(place.prior, dtype=np.float64)
