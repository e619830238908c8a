"""A practice spreading through a network: agents copy what they see or try on their own, all at once.

The common arrangement of Lazer & Friedman (2007) and Barkoczi & Galesic (2016), made of the functions of
`cisim.search`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cisim.compiled import kernel, kernel_inline, kernel_inner
from cisim.docking.networks import Network
from cisim.rng import OBSERVE, START, nth, uniform, uniform4
from cisim.search import (
    Floats,
    Ints,
    copy_best,
    copy_common,
    copy_random,
    flip_one,
    keep_if_better,
    pick_distinct,
)

Draws = npt.NDArray[np.float64]

BEST, COMMON, RANDOM, ALONE = 0, 1, 2, 3
EVERYBODY = 1 << 30  # sample size of agents that look at all they observe
MAX_SAMPLE = 16


@kernel_inner
def distinct_starts(options: Ints, n: int, seed: int) -> None:
    """Give every agent a random option that nobody before it has."""
    for agent in range(options.shape[0]):
        attempt = 0
        is_taken = True
        while is_taken:
            options[agent] = int(uniform(seed, nth(START, attempt), 0, agent, 0) * (1 << n))
            attempt += 1
            is_taken = False
            for other in range(agent):
                if options[other] == options[agent]:
                    is_taken = True
                    break


@kernel_inner
def draw_all(draws: Draws, n_blocks: int, seed: int, t: int) -> None:
    """Draw for all agents at once, four numbers a block, in a loop that compiles to vector instructions."""
    for block in range(n_blocks):
        for agent in range(draws.shape[1]):
            u0, u1, u2, u3 = uniform4(seed, nth(OBSERVE, block), t, agent, 0)
            draws[4 * block, agent] = u0
            draws[4 * block + 1, agent] = u1
            draws[4 * block + 2, agent] = u2
            draws[4 * block + 3, agent] = u3


@kernel_inline
def copied_option(
    agent: int,
    n_seen: int,
    options: Ints,
    worth: Floats,
    rule: int,
    first: Ints,
    observed: Ints,
    seen: Ints,
    seen_worth: Floats,
    uniforms: Floats,
    u_mode: float,
) -> int:
    """Find what the agent would copy of the `n_seen` contacts it looks at; its own option if nothing."""
    start = first[agent]
    pick_distinct(seen, first[agent + 1] - start, n_seen, uniforms)
    for i in range(n_seen):
        other = observed[start + seen[i]]
        seen[i] = options[other]
        seen_worth[i] = worth[other]
    x = options[agent]
    if rule == BEST:
        x = copy_best(x, worth[agent], seen, seen_worth, n_seen)
    elif rule == COMMON:
        x = copy_common(x, worth[agent], seen, seen_worth, n_seen, u_mode)
    else:
        x = copy_random(x, seen, n_seen, 0.0)
    return x


@kernel_inner
def step(
    options: Ints,
    new_options: Ints,
    worth: Floats,
    values: Floats,
    n: int,
    rule: int,
    n_sampled: int,
    first: Ints,
    observed: Ints,
    seen: Ints,
    seen_worth: Floats,
    draws: Draws,
    uniforms: Floats,
) -> None:
    """Choose every agent's next option: copied if somebody seen does better, else by its own trial."""
    for agent in range(options.shape[0]):
        n_contacts = first[agent + 1] - first[agent]
        n_draws = n_sampled if n_sampled < n_contacts else 0  # nothing is drawn when all are looked at
        x = options[agent]
        copied = x
        if rule == ALONE:
            pass
        elif n_draws == 3:  # a size known when compiled lets the loops be unrolled: twice as fast
            for i in range(3):
                uniforms[i] = draws[i, agent]
            copied = copied_option(
                agent, 3, options, worth, rule, first, observed, seen, seen_worth, uniforms, draws[4, agent]
            )
        else:
            for i in range(n_draws):
                uniforms[i] = draws[i, agent]
            copied = copied_option(
                agent, min(n_sampled, n_contacts), options, worth, rule, first, observed, seen, seen_worth,
                uniforms, draws[n_draws + 1, agent],
            )  # fmt: skip
        if rule == RANDOM:
            copied = keep_if_better(x, copied, worth[agent], values[copied])
        elif copied == x:
            tried = flip_one(x, n, draws[n_draws, agent])
            copied = keep_if_better(x, tried, worth[agent], values[tried])
        new_options[agent] = copied


@kernel
def spread(
    values: Floats, n: int, rule: int, n_sampled: int, first: Ints, observed: Ints, seed: int, means: Floats
) -> None:
    """Run one world; `means[t]` becomes the agents' mean worth after `t` steps.

    Parameters
    ----------
    values : (2**n,) float64
        Worth of every option.
    n : int
        Bits of an option.
    rule : int
        BEST, COMMON, RANDOM or ALONE.
    n_sampled : int
        Contacts looked at in a step: at most MAX_SAMPLE, or EVERYBODY.
    first, observed : (n_agents + 1,), (n_ties,) int64
        Agent i observes `observed[first[i]:first[i + 1]]`.
    seed : int
        Of this world.
    means : (n_steps + 1,) float64
        Written.
    """
    n_agents = first.shape[0] - 1
    options = np.empty(n_agents, np.int64)
    new_options = np.empty(n_agents, np.int64)
    worth = np.empty(n_agents, np.float64)
    seen = np.empty(n_agents, np.int64)
    seen_worth = np.empty(n_agents, np.float64)
    uniforms = np.empty(MAX_SAMPLE, np.float64)
    draws = np.zeros((MAX_SAMPLE + 8, n_agents), np.float64)
    n_drawn = n_sampled if n_sampled <= MAX_SAMPLE else 0
    n_needed = n_drawn + 2 if rule == COMMON else n_drawn + 1  # a trial, and a choice between modes
    distinct_starts(options, n, seed)
    for t in range(means.shape[0]):
        if t > 0:
            draw_all(draws, (n_needed + 3) // 4, seed, t)
            step(
                options, new_options, worth, values, n, rule, n_sampled, first, observed,
                seen, seen_worth, draws, uniforms,
            )  # fmt: skip
            for agent in range(n_agents):
                options[agent] = new_options[agent]
        total = 0.0
        for agent in range(n_agents):
            worth[agent] = values[options[agent]]
            total += worth[agent]
        means[t] = total / n_agents


@kernel_inner
def eighth_power_of_share(values: Floats, high: float) -> None:
    """Turn scores into payoffs (score / best)**8, which makes most options poor and few good."""
    for x in range(values.shape[0]):
        share = values[x] / high
        square = share * share
        fourth = square * square
        values[x] = fourth * fourth


def as_arrays(network: Network) -> tuple[Ints, Ints]:
    """Lay the observed agents out one after the other: (first, observed)."""
    first = np.zeros(len(network) + 1, np.int64)
    np.cumsum([len(observed) for observed in network], out=first[1:])
    return first, np.array([other for observed in network for other in observed], np.int64)
