"""Barkoczi & Galesic (2016), strategy best3, as one writes it with Mesa 3."""

from __future__ import annotations

from typing import Any

import mesa
from benchmarks.barkoczi_galesic.setting import N_AGENTS, N_BITS, N_SAMPLED, N_STEPS, observed, payoffs


class Searcher(mesa.Agent):  # type: ignore[misc]
    """An agent with an option that it improves by looking around or trying."""

    def __init__(self, model: Search, option: int) -> None:
        super().__init__(model)
        self.option = self.next_option = option
        self.contacts: list[Searcher] = []

    def look(self) -> None:
        """Copy the best of three contacts if it is better, else try one change."""
        payoff, random = self.model.payoff, self.random
        best = max(
            (contact.option for contact in random.sample(self.contacts, N_SAMPLED)), key=payoff.__getitem__
        )
        if payoff[best] <= payoff[self.option]:
            best = self.option ^ 1 << random.randrange(N_BITS)
        self.next_option = best if payoff[best] > payoff[self.option] else self.option

    def adopt(self) -> None:
        """Change over, after everybody has looked."""
        self.option = self.next_option


class Search(mesa.Model):  # type: ignore[misc]
    """A hundred searchers on one landscape."""

    def __init__(self, network: str, seed: int) -> None:
        super().__init__(seed=seed)
        self.payoff = payoffs(seed)
        for option in self.random.sample(range(1 << N_BITS), N_AGENTS):
            Searcher(self, option)
        agents = list(self.agents)
        for agent, contacts in zip(agents, observed(network), strict=True):
            agent.contacts = [agents[i] for i in contacts]

    def step(self) -> None:
        """Advance everybody at the same time."""
        self.agents.do("look")
        self.agents.do("adopt")


def run(network: str, seed: int) -> float:
    """Mean payoff at t = 200 of one world."""
    model: Any = Search(network, seed)
    for _ in range(N_STEPS):
        model.step()
    return sum(model.payoff[agent.option] for agent in model.agents) / N_AGENTS
