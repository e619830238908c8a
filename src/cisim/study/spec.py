"""What a study says: the scenario, what varies, in which cases, how often, and what is asked of the results.

A `Spec` is resolved: everything needed to run it again stands in it, whatever files it was read from. It is
kept in the study's folder as plain JSON, and the digest of that JSON is what "the same study" means.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cisim.params import Value
from cisim.records import Frozen, Uncertainty, plain_of
from cisim.scenario import Scenario, from_dict
from cisim.study.distributions import POSTERIOR
from cisim.study.records import Factor, Level
from cisim.study.stopping import Precision

ANALYSES = ("sweep", "attribution", "sensitivity", "discover", "value", "calibrate", "predict")
SEEDS = ("common", "own")
GROWS = ("worlds", "samples")
"""What may change without making another study: more of the same."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Parameter values that come jointly, as rows of a calibrated set.

    Attributes
    ----------
    names : tuple of str
    rows : tuple of tuple
        One tuple of values per draw of the posterior.
    weights : tuple of float
    source : str
        The study they come from.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    weights: tuple[float, ...]
    source: str

    def distributions(self) -> tuple[Uncertainty, ...]:
        """Return a label of each parameter's distribution: the range of its values."""
        found = []
        for name, values in zip(self.names, zip(*self.rows, strict=True), strict=True):
            ends: dict[str, Any]
            if any(isinstance(value, str) for value in values):
                ends = {"values": tuple(sorted(dict.fromkeys(values), key=str))}
            else:
                ends = {"low": min(values), "high": max(values)}
            found.append(Uncertainty(name, POSTERIOR, Frozen(ends), self.source, "derived"))
        return tuple(found)


@dataclass(frozen=True)
class Spec:
    """A resolved study.

    Attributes
    ----------
    name, title, question : str
    analysis : str
        One of `ANALYSES`.
    scenario : Scenario
        What all cases are made from.
    cases : Frozen of str to Scenario
        What is compared, by label.
    reference : str or None
        Case that differences refer to.
    factors : tuple of Factor
        What varies.
    samples : int
        Draws of the factors with distributions; for sensitivity the base sample.
    worlds : int or Precision
        Worlds per point, or how precise the paired difference has to be.
    seed : int
    seeds : {"common", "own"}
        Whether all draws live in the same worlds, or each in worlds of its own.
    outcomes, series : tuple of str
        Outcomes the analysis reads, and monthly columns kept.
    options : Frozen
        Settings of the analysis.
    posterior : Posterior or None
        Where draws come from, if not from distributions.
    """

    name: str
    title: str
    question: str
    analysis: str
    scenario: Scenario
    cases: Frozen[Scenario]
    reference: str | None
    factors: tuple[Factor, ...]
    samples: int
    worlds: int | Precision
    seed: int
    seeds: str
    outcomes: tuple[str, ...]
    series: tuple[str, ...]
    options: Frozen[Any] = field(default_factory=Frozen)
    posterior: Posterior | None = None

    @property
    def grid(self) -> tuple[Factor, ...]:
        """Factors set on a grid."""
        return tuple(factor for factor in self.factors if factor.kind == "grid")

    @property
    def uncertain(self) -> tuple[Factor, ...]:
        """Factors with a distribution."""
        return tuple(factor for factor in self.factors if factor.kind == "distribution")

    @property
    def digest(self) -> str:
        """SHA-256 of what makes this study this study; more worlds or samples leave it the same."""
        stated = {key: value for key, value in self.to_dict().items() if key not in GROWS}
        return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()

    def grown(self, *, worlds: int | Precision | None = None, samples: int | None = None) -> Spec:
        """Return the same study with more worlds per point or more samples."""
        return replace(
            self,
            worlds=self.worlds if worlds is None else worlds,
            samples=self.samples if samples is None else samples,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the study as plain values, in the form `spec_from` reads."""
        return {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "analysis": self.analysis,
            "scenario": self.scenario.to_dict(),
            "cases": {label: one.to_dict() for label, one in self.cases.items()},
            "reference": self.reference,
            "factors": [_plain_factor(factor) for factor in self.factors],
            "samples": self.samples,
            "worlds": self.worlds if isinstance(self.worlds, int) else plain_of(self.worlds),
            "seed": self.seed,
            "seeds": self.seeds,
            "outcomes": list(self.outcomes),
            "series": list(self.series),
            "options": thawed(self.options),
            "posterior": plain_of(self.posterior) if self.posterior else None,
        }


def thawed(value: Any) -> Any:
    """Return nested read-only values as dicts and lists."""
    if isinstance(value, Mapping):
        return {key: thawed(part) for key, part in value.items()}
    return [thawed(part) for part in value] if isinstance(value, tuple | list) else value


def frozen(value: Any) -> Any:
    """Return nested dicts and lists as read-only values."""
    if isinstance(value, Mapping):
        return Frozen({key: frozen(part) for key, part in value.items()})
    return tuple(frozen(part) for part in value) if isinstance(value, tuple | list) else value


def _plain_factor(factor: Factor) -> dict[str, Any]:
    """Return a factor as plain values."""
    levels = [{"label": level.label, "values": dict(level.values)} for level in factor.levels]
    uncertainty = plain_of(factor.uncertainty) if factor.uncertainty else None
    return {**plain_of(factor), "cases": list(factor.cases), "levels": levels, "uncertainty": uncertainty}


def _factor_from(data: Mapping[str, Any]) -> Factor:
    """Return a factor from its plain values."""
    levels = tuple(Level(one["label"], Frozen(one["values"])) for one in data["levels"])
    uncertainty = None
    if data["uncertainty"] is not None:
        stated = dict(data["uncertainty"])
        named = {key: stated.pop(key) for key in ("name", "distribution", "source", "grade")}
        uncertainty = Uncertainty(**named, arguments=frozen(stated))
    return Factor(
        data["name"],
        data["unit"],
        data["meaning"],
        tuple(data["cases"]),
        levels,
        uncertainty,
        data["is_lever"],
    )


def spec_from(data: Mapping[str, Any]) -> Spec:
    """Return the study that plain values state, as written by `Spec.to_dict`.

    Raises
    ------
    KeyError, TypeError, ScenarioError
        If the values are not of that form.
    """
    worlds, posterior = data["worlds"], data["posterior"]
    cases = {label: from_dict(one, one["name"]) for label, one in data["cases"].items()}
    return Spec(
        name=data["name"],
        title=data["title"],
        question=data["question"],
        analysis=data["analysis"],
        scenario=from_dict(data["scenario"], data["scenario"]["name"]),
        cases=Frozen(cases),
        reference=data["reference"],
        factors=tuple(_factor_from(one) for one in data["factors"]),
        samples=data["samples"],
        worlds=worlds if isinstance(worlds, int) else Precision(**worlds),
        seed=data["seed"],
        seeds=data["seeds"],
        outcomes=tuple(data["outcomes"]),
        series=tuple(data["series"]),
        options=frozen(data["options"]),
        posterior=Posterior(**{key: frozen(part) for key, part in posterior.items()}) if posterior else None,
    )
