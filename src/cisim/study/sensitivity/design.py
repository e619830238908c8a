r"""Samples for sensitivity analysis in which luck is one more random input.

A model with luck is a function f(X, S) of the factors X and of S, the seed of a world. Let S be drawn anew for
every *base* row, independent of X. Then f is a deterministic function of independent inputs, and any method that
changes one input at a time may be used as it stands, provided that rows which differ in X_j alone *share* S:

- Sobol. A_i and all AB_i^j share the luck of A_i, B_i and all BA_i^j another. A_i - AB_i^j then changes X_j and
  nothing else, so (A_i - AB_i^j)^2 / 2 has the mean E[Var(f | all but X_j)], with the seed among "all". The
  products B_i AB_i^j and BA_i^j AB_i^k have factors in common but no luck, so they estimate variances of
  E[f | X_j] and E[f | X_j, X_k], as they should. Were luck drawn anew in each row, E[Var(f | X)] would be added
  to every total index; were it the same in all rows, the indices would be those of one seed and no other.
- Morris. All points of a trajectory share their luck: an elementary effect has no noise that the factor did
  not make. A factor that does nothing has effects of exactly zero.
- DGSM. A base point and its steps share their luck.
- RBD-FAST, delta, PAWN read any independent sample of (X, f): each row has its own luck.

Worlds of a point are further seeds of the same luck: world w of two rows with equal luck has the same seed.

All samples are nested: that of 2 n starts with the rows and luck of n, so a finished study can be extended.

References
----------
Saltelli et al. (2010), Variance based sensitivity analysis of model output. Computer Physics Communications.
https://doi.org/10.1016/j.cpc.2009.09.018

Iwanaga, Usher & Herman (2022), Toward SALib 2.0. Socio-Environmental Systems Modelling.
https://doi.org/10.18174/sesmo.18155
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

F = npt.NDArray[np.float64]

METHODS = ("morris", "sobol", "rbd_fast", "delta", "pawn", "dgsm")
BLOCK_METHODS = ("morris", "sobol", "dgsm")
JOINT_METHODS = ("delta", "pawn")
"""Methods that read any sample, also one whose inputs depend on each other."""
LEAST = {"morris": 4, "sobol": 8, "rbd_fast": 100, "delta": 100, "pawn": 100, "dgsm": 8}
"""Smallest base sample of each method."""

LEVELS = 4
MORRIS_PLACES = (0.05, 0.35, 0.65, 0.95)
"""Where in the distribution the levels of Morris are; a step goes two levels, 0.6 of the distribution."""
DGSM_STEP = 0.05
"""How far a step of DGSM goes, as a share of the distribution."""


class Sample(NamedTuple):
    """Where to run the model.

    Attributes
    ----------
    u : (rows, n_factors) ndarray of float
        Places in the distributions of the factors, 0..1; for the inverse distribution functions.
    luck : (rows,) ndarray of int
        Rows of equal luck are run with the same seeds.
    """

    u: F
    luck: npt.NDArray[np.int64]


def rows_of(method: str, n_factors: int, n: int, second_order: bool = True) -> int:
    """Return how many points a sample has.

    Parameters
    ----------
    method : str
        One of `METHODS`.
    n_factors : int
    n : int
        Base sample: blocks (sobol), trajectories (morris), base points (dgsm), points (others).
    second_order : bool
        Whether sobol looks at pairs; the others do not read it.

    Raises
    ------
    ValueError
        If the method is unknown or `n` is not allowed for it.

    Examples
    --------
    >>> rows_of("sobol", 5, 128), rows_of("morris", 5, 20), rows_of("pawn", 5, 300)
    (1536, 120, 300)
    """
    return check(method, n_factors, n) * block_rows(method, n_factors, second_order)


def block_rows(method: str, n_factors: int, second_order: bool = True) -> int:
    """Return how many rows belong together: those of one base row.

    Examples
    --------
    >>> block_rows("sobol", 5, second_order=False), block_rows("delta", 5)
    (7, 1)
    """
    method = method_of(method)
    if method == "sobol":
        return 2 * n_factors + 2 if second_order else n_factors + 2
    return n_factors + 1 if method in BLOCK_METHODS else 1


def method_of(name: object) -> str:
    """Return a method by its name, with a hyphen or an underscore.

    Raises
    ------
    ValueError
        If there is no such method.

    Examples
    --------
    >>> method_of("rbd-fast")
    'rbd_fast'
    """
    method = str(name).replace("-", "_")
    if method not in METHODS:
        raise ValueError(f"method: {name!r} is not one of {', '.join(METHODS)}")
    return method


def check(method: str, n_factors: int, n: int) -> int:
    """Return `n` if a sample of this kind and size can be made."""
    method = method_of(method)
    if n_factors < 1:
        raise ValueError(f"n_factors: {n_factors!r} is not allowed; at least 1")
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < LEAST[method]:
        raise ValueError(f"n: {n!r} is not allowed for {method}; a whole number of at least {LEAST[method]}")
    if method == "sobol" and n & (n - 1):
        below, above = 1 << (n.bit_length() - 1), 1 << n.bit_length()
        raise ValueError(f"n: {n!r} is not allowed for sobol; a power of two, such as {below} or {above}")
    return int(n)


def problem_of(names: tuple[str, ...] | int) -> dict[str, Any]:
    """Return what SALib wants to know of the factors: names, and bounds of 0 and 1."""
    if isinstance(names, int):
        names = tuple(f"x{j}" for j in range(names))
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def sample(method: str, n_factors: int, n: int, seed: int, *, second_order: bool = True) -> Sample:
    """Return the points of a sensitivity analysis and which of them share their luck.

    The sample of 2 n starts with that of n, bit for bit (for all methods but sobol any larger sample does).

    Parameters
    ----------
    method : {"morris", "sobol", "rbd_fast", "delta", "pawn", "dgsm"}
        The hyphen of "rbd-fast" is understood.
    n_factors : int
    n : int
        Base sample; a power of two for sobol.
    seed : int
        Key of the random numbers, 0 or above.
    second_order : bool
        Whether sobol looks at pairs of factors.

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        If the method is unknown, or `n` or `seed` is not allowed.

    Notes
    -----
    Sobol and Morris are sampled by SALib. Morris levels are moved in from the ends of the distribution to its
    5th, 35th, 65th and 95th percentile, as the very ends are often far out; a step is 0.6 of the distribution.
    (Not to the middles of quarters: a step of one half misses what repeats after half the distribution, such as
    the second input of the Ishigami function.) SALib's DGSM sampler takes steps of one per cent of the value and
    cannot be seeded, so base points here are a scrambled Sobol' sequence with a step of 0.05, away from the
    nearer end. RBD-FAST, delta and PAWN get independent points: their correction for chance supposes them, and
    evenly spread ones make RBD-FAST too small (by 0.03 for the third input of the Ishigami function, 200 points).

    Examples
    --------
    >>> small, large = (sample("sobol", 2, n, seed=1) for n in (8, 16))
    >>> small.u.shape, small.luck[:6].tolist()
    ((48, 2), [0, 0, 0, 1, 1, 1])
    >>> bool((large.u[:48] == small.u).all())
    True
    """
    check(method, n_factors, n)
    method = method_of(method)
    if seed < 0:
        raise ValueError(f"seed: {seed!r} is not allowed; 0 or above")
    if method == "sobol":
        u, lucks = _sobol(n_factors, n, seed, second_order), _sobol_luck(n_factors, second_order)
        luck = (np.arange(n)[:, None] * 2 + lucks).ravel()
    else:
        u = {"morris": _morris, "dgsm": _dgsm}.get(method, _points)(n_factors, n, seed)
        luck = np.arange(n).repeat(block_rows(method, n_factors))
    return Sample(u, luck.astype(np.int64))


def _sobol(n_factors: int, n: int, seed: int, second_order: bool) -> F:
    """Return blocks of A, AB, BA and B from one scrambled Sobol' sequence."""
    from SALib.sample import sobol

    u = sobol.sample(
        problem_of(n_factors), n, calc_second_order=second_order, seed=np.random.default_rng([seed, 0])
    )
    return np.asarray(u, dtype=np.float64)


def _sobol_luck(n_factors: int, second_order: bool) -> npt.NDArray[np.int64]:
    """Return the luck of a block's rows: 0 for A and AB, 1 for BA and B."""
    others = n_factors if second_order else 0
    return np.repeat([0, 1], [1 + n_factors, 1 + others])


def _morris(n_factors: int, n: int, seed: int) -> F:
    """Return trajectories, each drawn with a key of its own."""
    from SALib.sample import morris

    paths = [
        morris.sample(problem_of(n_factors), 1, LEVELS, seed=np.random.default_rng([seed, 1, t]))
        for t in range(n)
    ]
    level = np.rint(np.concatenate(paths) * (LEVELS - 1)).astype(np.int64)
    return np.asarray(np.array(MORRIS_PLACES)[level])


def _points(n_factors: int, n: int, seed: int) -> F:
    """Return independent points; numbers are drawn row by row, so more rows leave the first as they are."""
    return np.random.default_rng([seed, 3]).random((n, n_factors))


def _dgsm(n_factors: int, n: int, seed: int) -> F:
    """Return base points, each followed by a step of every factor away from the nearer end."""
    from scipy.stats import qmc

    engine = qmc.Sobol(d=n_factors, scramble=True, seed=np.random.default_rng([seed, 2]))
    base = np.asarray(engine.random_base2((n - 1).bit_length())[:n], dtype=np.float64)
    u = base[:, None, :].repeat(n_factors + 1, axis=1)
    for j in range(n_factors):
        u[:, j + 1, j] += np.where(base[:, j] < 0.5, DGSM_STEP, -DGSM_STEP)
    return u.reshape(-1, n_factors)
