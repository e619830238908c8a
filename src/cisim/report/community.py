"""What was simulated: the community, its groups and drivers, and what is known of the real case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cisim.report.records import Block, Section, Table, Text
from cisim.report.words import capital

if TYPE_CHECKING:
    from cisim.scenario import Scenario


def community(scenario: Scenario) -> Section:
    """Return what a scenario states besides its parameters, for the appendix."""
    indicator = scenario.indicator
    blocks: list[Block] = [Text(scenario.description)] if scenario.description else []
    blocks.append(
        Text(
            f"{capital(indicator.name)}, in {indicator.unit}: {indicator.baseline:g} at the start, {indicator.best:g} "
            f"at best, in a population of {indicator.population:,.0f}."
        )
    )
    groups = [
        (one.name, share, one.need, one.reach, one.level)
        for one, share in zip(scenario.groups, scenario.shares, strict=True)
    ]
    blocks.append(
        Table("Population groups", ["group", "share of population", "need", "reach", "level at start"], groups,
              ["Need, reach and level are relative to the other groups."])
    )  # fmt: skip
    drivers = [(one.name, one.weight) for one in scenario.drivers]
    blocks.append(Table("Drivers of the indicator", ["driver", "weight"], drivers))
    if scenario.links:
        links = [(one.source, one.target, one.strength) for one in scenario.links]
        blocks.append(Table("Which driver feeds which", ["from", "to", "strength"], links))
    facts = [(one.text, one.source) for one in scenario.facts]
    if facts:
        blocks.append(Table("What is known of the real case", ["fact", "source"], facts))
    return Section("The community", blocks)
