"""Barkoczi & Galesic (2016), strategy best3, as one writes it with AgentPy."""

from __future__ import annotations

from typing import Any

import agentpy
from benchmarks.barkoczi_galesic.setting import N_AGENTS, N_BITS, N_SAMPLED, N_STEPS, observed, payoffs


class Searcher(agentpy.Agent):  # type: ignore[misc]
    """An agent with an option that it improves by looking around or trying."""

    def setup(self) -> None:
        """Start without contacts; the model hands out options and contacts."""
        self.option = self.next_option = 0
        self.contacts: list[Searcher] = []

    def look(self) -> None:
        """Copy the best of three contacts if it is better, else try one change."""
        payoff, random = self.model.payoff, self.model.random
        best = max(
            (contact.option for contact in random.sample(self.contacts, N_SAMPLED)), key=payoff.__getitem__
        )
        if payoff[best] <= payoff[self.option]:
            best = self.option ^ 1 << random.randrange(N_BITS)
        self.next_option = best if payoff[best] > payoff[self.option] else self.option

    def adopt(self) -> None:
        """Change over, after everybody has looked."""
        self.option = self.next_option


class Search(agentpy.Model):  # type: ignore[misc]
    """A hundred searchers on one landscape."""

    def setup(self) -> None:
        """Draw the landscape and the starts."""
        self.payoff = payoffs(self.p.seed)
        self.agents = agentpy.AgentList(self, N_AGENTS, Searcher)
        starts = self.random.sample(range(1 << N_BITS), N_AGENTS)
        for agent, start, contacts in zip(self.agents, starts, observed(self.p.network), strict=True):
            agent.option = start
            agent.contacts = [self.agents[i] for i in contacts]

    def step(self) -> None:
        """Advance everybody at the same time."""
        self.agents.look()
        self.agents.adopt()

    def end(self) -> None:
        """Report the mean payoff."""
        self.report("mean_payoff", sum(self.payoff[agent.option] for agent in self.agents) / N_AGENTS)


def run(network: str, seed: int) -> float:
    """Mean payoff at t = 200 of one world."""
    results: Any = Search({"network": network, "seed": seed, "steps": N_STEPS}).run(display=False)
    return float(results.reporters["mean_payoff"].iloc[0])
