"""The commented scenario that `cisim init` writes; what it says about parameters comes from their table."""

from __future__ import annotations

from cisim.params import PARAMS
from cisim.schema import EDITOR_LINE
from cisim.wording import allowed

SHOWN = (
    "months", "n_orgs", "ruggedness", "complementarity", "backbone_usd_per_year", "meeting_interval_weeks",
)  # fmt: skip
"""Parameters the starter names; any other may be added below `params`."""

HEAD = """\
# A scenario of cisim: a community, its problem, and what is done about it.
# Check it with 'cisim validate {file}', run it with 'cisim run {file}'.
# 'cisim list params' names every parameter; {schema} lets editors complete and check as you type.
cisim: 1
title: My community
description: >-
  What is simulated, for whom, and what is assumed. Say where numbers come from, here or in comments.

# Whatever is not stated below is taken from this shipped scenario.
extends: generic-adaptive

# A regime is a name for values of levers: 'cisim list regimes'. Compare several with
# 'cisim compare {file} --regimes isolated,collective'.
regime: isolated

# The headline indicator, in its own unit. If falling is good, 'best' is below 'baseline'.
indicator:
  name: problem rate
  unit: per cent of residents
  baseline: 30        # level when the run starts
  best: 10            # best level comparable communities reach
  population: 100000  # people the rate refers to: decides the noise of the published figure
  per: 100            # 100 for per cent, 1000 for a rate per thousand

# Population groups. Only ratios of sizes and needs count; levels are relative to the community's mean
# and have to average to 1.
groups:
  - {{name: north, size: 60000, need: 0.9, reach: 0.8, level: 0.8}}
  - {{name: south, size: 40000, need: 1.2, reach: 0.5, level: 1.3}}

# Drivers: the links of the causal chain that organisations work on. Weights are relative.
drivers:
  - {{name: outreach, weight: 1}}
  - {{name: treatment, weight: 1}}
  - {{name: housing, weight: 1}}

# Progress in one driver may feed another, with a strength from 0 to 1.
links:
  - {{source: housing, target: treatment, strength: 0.2}}

# Single parameters, applied after the regime. The values shown are the defaults.
params:
"""


def text(file: str, schema: str) -> str:
    """Return the starter scenario, to be saved as `file` beside the JSON Schema `schema`.

    Examples
    --------
    >>> text("scenario.yaml", "schema.json").splitlines()[0]
    '# yaml-language-server: $schema=schema.json'
    """
    lines = [EDITOR_LINE.format(schema)]
    lines += HEAD.format(file=file, schema=schema).rstrip("\n").split("\n")
    for name in SHOWN:
        row = PARAMS[name]
        lines += [f"  # {allowed(row)}", f"  {name}: {row.default}"]
    return "\n".join(lines) + "\n"
