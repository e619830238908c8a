"""What every peer shares: the sizes of the model, the networks, and the landscape in vectorised numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

N_BITS, K, N_AGENTS, N_STEPS, N_SAMPLED = 15, 7, 100, 199, 3
NETWORKS = ("fully-connected", "lattice")


def observed(network: str) -> list[list[int]]:
    """Whom each agent observes."""
    reach = N_AGENTS - 1 if network == "fully-connected" else 19
    return [[(i + d) % N_AGENTS for d in range(1, reach + 1)] for i in range(N_AGENTS)]


def payoffs(seed: int) -> list[float]:
    """Payoff of every option, as a list because Python reads single numbers from lists fastest."""
    rng = np.random.default_rng(seed)
    options = np.arange(1 << N_BITS)
    bits = options[:, None] >> np.arange(N_BITS) & 1
    total: npt.NDArray[np.float64] = np.zeros(1 << N_BITS)
    for bit in range(N_BITS):
        partners = rng.choice(N_BITS, K, replace=False)
        table = np.round(rng.random(1 << (K + 1)) * 10)
        total += table[bits[:, bit] + (bits[:, partners] << np.arange(1, K + 1)).sum(axis=1)]
    payoff: list[float] = ((total / total.max()) ** 8).tolist()
    return payoff
