"""Where a wave of population Monte Carlo is drawn from, and with what density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F = npt.NDArray[np.float64]

DEFENSIVE = 0.1
"""Share of proposals drawn from the whole prior, so that no weight can be more than ten times the prior's."""


@dataclass(frozen=True)
class Proposal:
    """Where the next wave is drawn from: normal kernels cut at the unit cube, and a share of the whole prior.

    Attributes
    ----------
    centres : (m, n_dims) ndarray
    spread : (n_dims,) ndarray
        Standard deviations: the root of twice the population's variance.
    """

    centres: F
    spread: F

    def draw(self, n: int, draws: np.random.Generator) -> F:
        """Return `n` places, by inverting the cut normal distribution."""
        from scipy.special import ndtri

        centre = self.centres[draws.integers(self.centres.shape[0], size=n)]
        first, last = self._ends(centre)
        at = first + (last - first) * draws.random(centre.shape)
        near = centre + self.spread * ndtri(at)
        everywhere = draws.random(centre.shape)
        return np.clip(np.where(draws.random((n, 1)) < DEFENSIVE, everywhere, near), 0.0, 1.0)

    def density(self, u: F) -> F:
        """Return the density at `u` (m, n_dims)."""
        first, last = self._ends(self.centres)
        log_top = -np.log(np.sqrt(2.0 * np.pi) * self.spread * (last - first)).sum(axis=1)
        x, y = u / self.spread, self.centres / self.spread
        squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2.0 * x @ y.T
        kernels = np.exp(log_top - 0.5 * np.maximum(squares, 0.0)).mean(axis=1)
        return np.asarray(DEFENSIVE + (1.0 - DEFENSIVE) * kernels)

    def _ends(self, centre: F) -> tuple[F, F]:
        """Return the probabilities at which the cube cuts kernels off."""
        from scipy.special import ndtr

        return ndtr(-centre / self.spread), ndtr((1.0 - centre) / self.spread)
