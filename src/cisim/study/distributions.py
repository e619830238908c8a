"""From the unit interval to the values of an uncertain parameter, by its inverse distribution function.

A value that is cut off is never clipped to the end of the range, which would pile it up there: truncated
distributions are inverted between the probabilities of their ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from cisim.params import PARAMS, Value
from cisim.records import Uncertainty

F = npt.NDArray[np.float64]
POSTERIOR = "posterior"
"""Distribution of a parameter whose values come jointly, as rows of a calibrated set."""


def values_at(uncertainty: Uncertainty, u: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return the values of a parameter at probabilities `u`.

    Parameters
    ----------
    uncertainty : Uncertainty
    u : (n,) array_like
        Probabilities, 0 <= u < 1.

    Returns
    -------
    (n,) ndarray
        float64 or int64 by the kind of the parameter, object (text) where values are names. Whole numbers of a
        uniform distribution have equal chances, others are rounded; a choice gives each value the same chance.

    Raises
    ------
    ValueError
        If a probability is outside 0 <= u < 1 or the distribution is unknown.

    Examples
    --------
    >>> from cisim.records import Frozen
    >>> wide = Uncertainty("trust_years", "uniform", Frozen({"low": 1.0, "high": 5.0}), "example", "assumed")
    >>> values_at(wide, [0.0, 0.5]).tolist()
    [1.0, 3.0]
    """
    at = np.asarray(u, dtype=np.float64)
    if not ((at >= 0.0) & (at < 1.0)).all():
        raise ValueError("u: is not allowed; probabilities from 0 up to, but not including, 1")
    if uncertainty.distribution == "choice":
        values = cast("tuple[Value, ...]", uncertainty.arguments["values"])
        kind: Any = object if any(isinstance(value, str) for value in values) else np.float64
        chosen: npt.NDArray[Any] = np.array(values, dtype=kind)[(at * len(values)).astype(np.int64)]
        return _whole(uncertainty.name, chosen) if kind is not object else chosen
    if uncertainty.distribution not in _INVERSE:
        raise ValueError(
            f"distribution: {uncertainty.distribution!r} is not allowed; one of {', '.join(_INVERSE)}, choice"
        )
    a = cast("dict[str, float]", dict(uncertainty.arguments))
    is_whole = PARAMS[uncertainty.name].kind == "int"
    if is_whole and uncertainty.distribution == "uniform":
        low, high = np.ceil(a["low"]), np.floor(a["high"])
        return np.asarray(low + np.floor(at * (high - low + 1.0)), dtype=np.int64)
    inverted = _INVERSE[uncertainty.distribution](at, a)
    return _whole(uncertainty.name, inverted)


def _whole(name: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Round the values of a parameter that takes whole numbers only."""
    return np.rint(values).astype(np.int64) if PARAMS[name].kind == "int" else values


def _uniform(u: F, a: dict[str, float]) -> F:
    """Invert the uniform distribution."""
    return a["low"] + u * (a["high"] - a["low"])


def _loguniform(u: F, a: dict[str, float]) -> F:
    """Invert the distribution whose log is uniform."""
    return cast("F", np.exp(np.log(a["low"]) + u * (np.log(a["high"]) - np.log(a["low"]))))


def _triangular(u: F, a: dict[str, float]) -> F:
    """Invert the triangular distribution."""
    low, mode, high = a["low"], a["mode"], a["high"]
    at_mode = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - u) * (high - low) * (high - mode))
    return cast("F", np.where(u < at_mode, rising, falling))


def _normal(u: F, a: dict[str, float]) -> F:
    """Invert the normal distribution truncated to low..high."""
    from scipy.special import ndtr, ndtri

    first, last = ndtr((np.array([a["low"], a["high"]]) - a["mean"]) / a["sd"])
    inner = a["mean"] + a["sd"] * ndtri(first + u * (last - first))
    return cast("F", np.clip(inner, a["low"], a["high"]))  # rounding at the very ends


def _lognormal(u: F, a: dict[str, float]) -> F:
    """Invert the lognormal distribution truncated to low..high."""
    logs = {"mean": np.log(a["median"]), "sd": a["sigma"], "low": np.log(a["low"]), "high": np.log(a["high"])}
    return cast("F", np.clip(np.exp(_normal(u, logs)), a["low"], a["high"]))


def _beta(u: F, a: dict[str, float]) -> F:
    """Invert the beta distribution stretched over low..high."""
    from scipy.special import betaincinv

    return cast("F", a["low"] + betaincinv(a["a"], a["b"], u) * (a["high"] - a["low"]))


_INVERSE: dict[str, Callable[[F, dict[str, float]], F]] = {
    "uniform": _uniform,
    "loguniform": _loguniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
    "beta": _beta,
}
