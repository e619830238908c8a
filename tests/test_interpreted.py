"""The rules as plain Python: equal results, and lines that coverage can see.

Under ``NUMBA_DISABLE_JIT=1`` (``make coverage``) the worlds below run as plain Python here and compiled in
the other process; otherwise the other way round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cisim.runs import run
from cisim.scenario import load

SMALL = {"practice_bits": 6, "ruggedness": 3, "months": 30, "n_orgs": 14}
WORLDS = [
    ("generic-adaptive", {"regime": "isolated", **SMALL}),
    ("generic-adaptive", {"regime": "collective", **SMALL, "formation_month": 1}),
    ("generic-adaptive", {"regime": "emergent", **SMALL, "formation_month": 1}),
    ("infant-mortality", {"regime": "network", **SMALL}),
    ("stress", SMALL),
    (
        "generic-adaptive",
        {
            "regime": "collective",
            **{name: value for name, value in SMALL.items() if name != "n_orgs"},
            "formation_month": 1,
            "organisations": [
                {
                    "name": "River Food Bank",
                    "sector": "nonprofit",
                    "budget_usd": 1.2e6,
                    "own_income_share": 0.3,
                },
                {"name": "Shelter First"},
                {"name": "City", "sector": "government"},
                *({"name": f"Number {k}"} for k in range(3, 9)),
            ],
            "ties": [
                {"from": "River Food Bank", "to": "Shelter First", "trust": 0.6},
                *({"from": "City", "to": f"Number {k}"} for k in range(3, 9)),
                *({"from": f"Number {k}", "to": "City"} for k in range(3, 9)),
            ],
        },
    ),
    (
        "generic-adaptive",
        {
            "regime": "collective",
            **SMALL,
            "formation_month": 1,
            "trust_rule": "beta",
            "partner_rule": "size",
            "appraisal_rule": "lottery",
            "savings_share": 0.5,
            "savings_usd_per_unit": 1e5,
            "backbone_term_years": 1,
        },
    ),
]
OTHER = """
import json, sys
import numpy as np
from cisim.runs import run
from cisim.scenario import load
with np.errstate(all="ignore"):
    results = [run(load(name).with_(**changes), 3, details=False) for name, changes in json.load(sys.stdin)]
json.dump([{name: value.hex() for name, value in one.outcomes.items()} for one in results], sys.stdout)
"""


@pytest.mark.slow
def test_interpreted_and_compiled_worlds_are_equal_to_the_last_bit() -> None:
    is_interpreted = os.environ.get("NUMBA_DISABLE_JIT") == "1"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0" if is_interpreted else "1"}
    done = subprocess.run(
        [sys.executable, "-c", OTHER],
        input=json.dumps(WORLDS), capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    with np.errstate(all="ignore"):  # compiled code does not warn of 0/0 either; results are checked for NaN
        here = [run(load(name).with_(**changes), 3, details=True) for name, changes in WORLDS]
    for (name, changes), result, other in zip(WORLDS, here, json.loads(done.stdout), strict=True):
        found = {outcome: value.hex() for outcome, value in result.outcomes.items()}
        assert found == other, (name, changes)
        assert not any(np.isnan(value) for value in result.outcomes.values())
