"""What leaves a what-if: tables, figures, a scenario file, a study file, a command line, a report.

All of these but tables and figures lead back to the same bits: the command line, the scenario file with its command,
and the study file run the very futures of the page.
"""

from __future__ import annotations

import io
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.params import PARAMS, Value
from cisim.presets import VERSION
from cisim.result import OUTCOMES
from cisim.scenario import Scenario
from cisim.whatif.futures import CASES, SERIES, Futures, study_of
from cisim.whatif.state import NO_BACKBONE, WhatIf, encode_state
from cisim.writer import to_yaml

if TYPE_CHECKING:
    from cisim.whatif.futures import Pair

KINDS = ("csv", "series-csv", "png", "svg", "yaml", "study", "command", "report")
YAML, CSV, TEXT = "application/yaml", "text/csv", "text/plain"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file: its name, media type and bytes."""

    filename: str
    media_type: str
    data: bytes


Simulated = Callable[[Futures], Sequence["Pair"]]


def simulated(futures: Futures) -> list[Pair]:
    """Return all futures of a what-if, simulated one after the other."""
    return [(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(futures.n)]


def exported(whatif: WhatIf, kind: str, link: str = "", pairs: Simulated = simulated) -> Exported:
    """Return a what-if as a file.

    Parameters
    ----------
    whatif : WhatIf
    kind : {"csv", "series-csv", "png", "svg", "yaml", "study", "command", "report"}
        A row per future; a row per future and month; the figure; the scenario file; the study file; the command line;
        the report.
    link : str
        Address that shows it, named in the report.
    pairs : callable
        Gives the runs of all futures, where some of these may be known already.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> from cisim.whatif.state import read_whatif
    >>> asked = read_whatif({"scenario": "generic-adaptive", "regime": "network", "set": {"turf": 0.2}})
    >>> exported(asked, "command").data.decode().strip()
    'cisim whatif generic-adaptive --regime network --set turf=0.2'
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is not allowed; one of {', '.join(KINDS)}")
    name = f"what-if-{whatif.key[:8]}"
    if kind == "command":
        return Exported(f"{name}.txt", TEXT, f"{command_of(whatif)}\n".encode())
    if kind == "yaml":
        return Exported(f"{name}.yaml", YAML, scenario_file(whatif).encode())
    if kind == "study":
        return Exported(f"{name}-study.yaml", YAML, study_file(whatif).encode())
    futures = Futures(whatif)
    found = pairs(futures)
    if kind == "csv":
        return Exported(f"{name}.csv", CSV, _csv(_rows(futures, found)))
    if kind == "series-csv":
        return Exported(f"{name}-months.csv", CSV, _csv(_months(futures, found)))
    if kind == "report":
        from cisim.whatif.reporting import document

        text = document(futures, futures.answer(found), link).html()
        return Exported(f"{name}-report.html", "text/html", text.encode())
    from cisim.whatif.picture import picture

    media_type = {"png": "image/png", "svg": "image/svg+xml"}[kind]
    return Exported(f"{name}.{kind}", media_type, picture(futures, futures.answer(found), kind))


# --- tables ------------------------------------------------------------------------------------------


def _csv(columns: dict[str, Any]) -> bytes:
    """Return columns as CSV; numbers are written so that they read back as the same bits."""
    import pandas as pd

    buffer = io.StringIO()
    pd.DataFrame(columns).to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue().encode()


def _rows(futures: Futures, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return a row per future: what was drawn, and every outcome in both cases."""
    columns: dict[str, Any] = {"future": np.arange(len(pairs)), "seed": futures.seeds[: len(pairs)]}
    columns |= {f"drawn_{name}": values for name, values in futures.draws(len(pairs)).items()}
    for k, name in enumerate(OUTCOMES):
        for case, label in enumerate(CASES):
            columns[f"{label}_{name}"] = [float(pair[case].outcomes[k]) for pair in pairs]
    return columns


def _months(futures: Futures, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return a row per future and month: the courses kept of both cases."""
    length = pairs[0][0].months.shape[1]
    columns: dict[str, Any] = {
        "future": np.repeat(np.arange(len(pairs)), length),
        "seed": np.repeat(futures.seeds[: len(pairs)], length),
        "month": np.tile(np.arange(1, length + 1), len(pairs)),
    }
    for k, name in enumerate((*SERIES, "usd")):
        for case, label in enumerate(CASES):
            columns[f"{label}_{name}"] = np.concatenate([pair[case].months[k] for pair in pairs])
    return columns


# --- ways back ---------------------------------------------------------------------------------------


def options_of(whatif: WhatIf) -> list[str]:
    """Return the options of the command line that say how a scenario is asked about, without its values."""
    default = WhatIf(whatif.source, whatif.regime)
    words = ["--regime", whatif.regime]
    for name in ("reference", "financing", "draws", "worlds", "seed"):
        value = getattr(whatif, name)
        if value != getattr(default, name):
            words += [f"--{name}", str(value)]
    return words if whatif.worth_usd is None else [*words, "--worth-usd", repr(whatif.worth_usd)]


def command_of(whatif: WhatIf) -> str:
    """Return the command line that runs a what-if; one with a sent scenario goes by its link.

    Examples
    --------
    >>> from cisim.whatif.state import read_whatif
    >>> command_of(read_whatif({"scenario": "generic-adaptive", "regime": "network", "worlds": 64}))
    'cisim whatif generic-adaptive --regime network --worlds 64'
    """
    if whatif.source.text is not None:
        return f"cisim whatif --link {encode_state([whatif])}"
    words = ["cisim", "whatif", whatif.source.name, *options_of(whatif)]
    for name, value in whatif.settings.items():
        words += ["--set", f"{name}={written(value)}"]
    return shlex.join(words)


def written(value: Value) -> str:
    """Return a value so that it reads back as the same bits.

    Examples
    --------
    >>> written(0.1), written(5), written("added")
    ('0.1', '5', 'added')
    """
    return value if isinstance(value, str) else repr(value)


def scenario_file(whatif: WhatIf) -> str:
    """Return a scenario file that holds a what-if, with the command that gives the same futures from it.

    Levers stand under `regimes`, so that they hold in the chosen way of working only. A value that nobody decides
    and that equals its default would count as not stated in a file, and be drawn: the command states it.
    """
    file = f"what-if-{whatif.key[:8]}.yaml"
    stated = {name: value for name, value in whatif.common.items() if value != PARAMS[name].default}
    options = options_of(whatif)
    for name, value in whatif.common.items():
        if name not in stated:
            options += ["--set", f"{name}={written(value)}"]
    shared = whatif.reference in (whatif.regime, NO_BACKBONE)
    if shared:  # what the regime is given here would reach its reference too
        for name, value in whatif.levers.items():
            options += ["--set", f"{name}={written(value)}"]
    body = _file_of(whatif, stated, {} if shared else whatif.levers)
    command = shlex.join(["cisim", "whatif", file, *options])
    return f"# Save as {file}. The futures of the page, bit for bit:\n# {command}\n{to_yaml(body)}"


def _file_of(whatif: WhatIf, common: dict[str, Value], levers: dict[str, Value]) -> dict[str, Any]:
    """Return the entries of a scenario file: short where the scenario is shipped, in full where it was sent."""
    scenario = whatif.scenario
    if whatif.source.text is None:
        body: dict[str, Any] = {"cisim": VERSION, "title": scenario.title, "extends": whatif.source.name}
        body["regime"] = whatif.regime
        if levers:
            body["regimes"] = {whatif.regime: levers}
        return {**body, **({"params": common} if common else {})}
    body = _without_changed(scenario, common).to_dict()
    if levers:
        mine = {**dict(scenario.regimes.get(whatif.regime, {})), **levers}
        body["regimes"] = {**body["regimes"], whatif.regime: mine}
    return body


def _without_changed(scenario: Scenario, common: dict[str, Value]) -> Scenario:
    """Return a scenario with values stated, which are not uncertain any more."""
    from dataclasses import replace

    settings: dict[str, Any] = dict(common)
    left = tuple(one for one in scenario.uncertainties if one.name not in common)
    return replace(scenario.with_(**settings), uncertainties=left)


def study_file(whatif: WhatIf) -> str:
    """Return a study file whose runs are those of the what-if: ``cisim sweep FILE``.

    A scenario that was sent stands beside it as a file of its own, in the comment.
    """
    entries = study_of(whatif)
    name = whatif.source.name if whatif.source.text is None else f"{whatif.source.name}.yaml"
    head = (
        "# 'cisim sweep FILE -o DIR' simulates the futures of the page, bit for bit; one point per future.\n"
    )
    if whatif.source.text is not None:
        lines = "".join(f"#   {line}\n" for line in whatif.source.text.splitlines())
        head += f"# Save this scenario beside it as {name}:\n{lines}"
    return head + to_yaml({"cisim_study": 1, "scenario": name, **entries})
