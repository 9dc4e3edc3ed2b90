"""Weights that are drawn one by one, uniform or normal, with the variance that a paper asks for."""

from __future__ import annotations

import numpy as np

from .initialization import initialization


@initialization(
    r"U(\pm \frac{1}{\sqrt m})",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4",
    variance=lambda inputs, units, gain: 1 / (3 * inputs),
)
def uniform(inputs: int, units: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform weights between -1 / sqrt(inputs) and 1 / sqrt(inputs).

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4.

    Examples
    --------
    >>> bool(np.abs(uniform(100, 50, np.random.default_rng(0))).max() <= 0.1)
    True
    """
    limit = 1 / np.sqrt(inputs)
    return rng.uniform(-limit, limit, size=(inputs, units))


@initialization(
    r"U(\pm g \sqrt{\frac{6}{m + n}})",
    "Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010), eq. 16",
    settings={"gain": 1.0},
    variance=lambda inputs, units, gain: 2 / (inputs + units),
)
def glorot_uniform(inputs: int, units: int, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """Uniform weights of variance 2 / (inputs + units), for units that are linear around 0.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator
    gain : float
        The factor of all weights.

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010), eq. 16.

    Examples
    --------
    >>> float(np.abs(glorot_uniform(200, 100, np.random.default_rng(0))).max().round(3))
    0.141
    """
    limit = gain * np.sqrt(6 / (inputs + units))
    return rng.uniform(-limit, limit, size=(inputs, units))


@initialization(
    r"N(0, \frac{2 g^2}{m + n})",
    "Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010), eq. 12",
    settings={"gain": 1.0},
    variance=lambda inputs, units, gain: 2 / (inputs + units),
)
def glorot_normal(inputs: int, units: int, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """Normal weights of variance 2 / (inputs + units), for units that are linear around 0.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator
    gain : float
        The factor of all weights.

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010), eq. 12.

    Examples
    --------
    >>> float(glorot_normal(300, 100, np.random.default_rng(0)).var().round(4))
    0.005
    """
    return rng.normal(0.0, gain * np.sqrt(2 / (inputs + units)), size=(inputs, units))


@initialization(
    r"U(\pm g \sqrt{\frac{3}{m}})",
    "He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 10, 15",
    settings={"gain": None},
    variance=lambda inputs, units, gain: gain**2 / inputs,
)
def he_uniform(inputs: int, units: int, rng: np.random.Generator, gain: float = np.sqrt(2)) -> np.ndarray:
    """Uniform weights of variance gain^2 / inputs, for units that let a part of their signal through.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator
    gain : float
        sqrt(2) for rectifiers; in a net, where it is not set, that of the layer's activation.

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 10, 15.

    Examples
    --------
    >>> bool(np.abs(he_uniform(600, 50, np.random.default_rng(0))).max() <= 0.1)
    True
    """
    limit = gain * np.sqrt(3 / inputs)
    return rng.uniform(-limit, limit, size=(inputs, units))


@initialization(
    r"N(0, \frac{g^2}{m})",
    "He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 10, 15",
    settings={"gain": None},
    variance=lambda inputs, units, gain: gain**2 / inputs,
)
def he_normal(inputs: int, units: int, rng: np.random.Generator, gain: float = np.sqrt(2)) -> np.ndarray:
    """Normal weights of variance gain^2 / inputs, for units that let a part of their signal through.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator
    gain : float
        sqrt(2) for rectifiers; in a net, where it is not set, that of the layer's activation.

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 10, 15.

    Examples
    --------
    >>> float(he_normal(400, 200, np.random.default_rng(0)).var().round(4))
    0.005
    """
    return rng.normal(0.0, gain / np.sqrt(inputs), size=(inputs, units))


@initialization(
    r"U(\pm \sqrt{\frac{3}{m}})",
    "LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), eq. 16",
    variance=lambda inputs, units, gain: 1 / inputs,
)
def lecun_uniform(inputs: int, units: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform weights of variance 1 / inputs, which keep the strength of a signal in linear units.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), eq. 16.

    Examples
    --------
    >>> bool(np.abs(lecun_uniform(300, 50, np.random.default_rng(0))).max() <= 0.1)
    True
    """
    limit = np.sqrt(3 / inputs)
    return rng.uniform(-limit, limit, size=(inputs, units))


@initialization(
    r"N(0, \frac{1}{m})",
    "LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), eq. 16",
    variance=lambda inputs, units, gain: 1 / inputs,
)
def lecun_normal(inputs: int, units: int, rng: np.random.Generator) -> np.ndarray:
    """Normal weights of variance 1 / inputs, which keep the strength of a signal in linear units.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), eq. 16.

    Examples
    --------
    >>> float(lecun_normal(400, 200, np.random.default_rng(0)).var().round(4))
    0.0025
    """
    return rng.normal(0.0, 1 / np.sqrt(inputs), size=(inputs, units))
