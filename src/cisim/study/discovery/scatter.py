"""The points of a study in the two factors that boxes limit most often, with the boxes drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cisim.figures.style import PALE, RC, headline, key, new_figure
from cisim.study.discovery.boxes import FEW, Limit
from cisim.study.discovery.figures import COLOUR, again, axis_label
from cisim.study.records import GAIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cisim.study.discovery.analysis import Answer, Discovery

MARKERS = {"pays": "o", "hurts": "v", "neither": "."}


def scatter(found: Discovery) -> Figure:
    """Return the points in the two factors limited most often, and the boxes."""
    from matplotlib import rc_context

    names = _two(found)
    by_name = {factor.name: factor for factor in found.factors}
    with rc_context(cast("Any", RC)):
        figure = new_figure(8.0, 7.0)
        ax = figure.add_axes((0.13, 0.1, 0.82, 0.70))
        places = [_place(found, name) for name in names]
        mean = found.points["mean"].to_numpy()
        y_values = places[1][0] if len(names) > 1 else mean
        kinds = _kinds(found)
        for kind, colour in (("neither", PALE), *COLOUR.items()):
            of = kinds == kind
            ax.plot(places[0][0][of], y_values[of], MARKERS[kind], color=colour, alpha=0.55, markersize=4.5)
        for answer in found.answers:
            if answer.is_found:
                _outline(ax, found, answer, names)
        ax.set_xlabel(axis_label(by_name[names[0]]))
        response = "gain" if found.options.response == GAIN else found.options.response
        one = f"{response} ({found.data.unit_of(found.options.response)}), mean of a point's worlds"
        ax.set_ylabel(axis_label(by_name[names[1]]) if len(names) > 1 else one)
        for axis, (_, labels) in zip((ax.xaxis, ax.yaxis), places, strict=False):
            if labels:
                axis.set_ticks(range(len(labels)), labels)
        key(
            figure,
            [(k, COLOUR.get(k, PALE)) for k in (*COLOUR, "neither") if (kinds == k).any()],
            0.13,
            0.815,
        )
        what = "the two factors limited most often" if len(names) > 1 else "the only factor that varies"
        headline(
            figure,
            f"Where it pays and where it hurts: {what}",
            "A mark is a point of the study, the mean of its worlds. Frames: boxes that hold on the other half of the "
            "points, as far as they limit these factors; dashed sides have no limit. Levels and categories are "
            "spread a little, so that marks do not hide each other.",
        )
    return figure


def _kinds(found: Discovery) -> np.ndarray[Any, Any]:
    """Return whether each point pays, hurts or does neither."""
    o, points = found.options, found.points
    mean = points["mean"].to_numpy()
    return np.where(mean > o.pays, "pays", np.where(mean < o.hurts, "hurts", "neither"))


def _two(found: Discovery) -> list[str]:
    """Return the two factors that boxes limit, most often limited first."""
    score = {factor.name: 0.0 for factor in found.factors}
    for answer in found.answers:
        for name in score if answer.stability is not None else ():
            in_box = answer.is_found and answer.box is not None and name in answer.box.limits
            score[name] = max(score[name], float(again(answer, name)["share"]) + (1.0 if in_box else 0.0))
    return sorted(score, key=lambda name: -score[name])[:2]


def _place(found: Discovery, name: str) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Return where points stand on an axis, and the labels of categories."""
    column = found.x[name]
    labels: list[str] = []
    if column.dtype.kind in "iuf":
        values = column.to_numpy(dtype=np.float64)
    else:
        labels = sorted(column.astype(str).unique())
        values = column.astype(str).map({one: i for i, one in enumerate(labels)}).to_numpy(dtype=np.float64)
    levels = np.unique(values)
    if levels.size <= FEW:
        values = values + np.diff(levels).min() * 0.5 * (
            np.random.default_rng(levels.size).random(values.size) - 0.5
        )
    return values, labels


def _outline(ax: Axes, found: Discovery, answer: Answer, names: list[str]) -> None:
    """Draw the frame of a box in two factors; sides without a limit are dashed."""
    if answer.box is None or not set(names) & set(answer.box.limits):
        return
    spans = []
    for axis, name in zip((ax.get_xlim(), ax.get_ylim()), (*names, "")[:2], strict=True):
        limit = answer.box.limits.get(name, Limit())
        low, high = limit.low, limit.high
        if limit.among is not None:
            labels = sorted(found.x[name].astype(str).unique())
            at = [i for i, one in enumerate(labels) if one in limit.among]
            low, high = min(at) - 0.4, max(at) + 0.4
        elif limit.sides() and np.unique(found.x[name]).size <= FEW:
            half = 0.35 * float(np.diff(np.unique(found.x[name].to_numpy(dtype=np.float64))).min())
            low, high = low - half, high + half
        spans.append((low, high, *axis))
    (x0, x1, left, right), (y0, y1, bottom, top) = spans
    xs, ys = (max(x0, left), min(x1, right)), (max(y0, bottom), min(y1, top))
    sides = (((xs[0],) * 2, ys, x0), ((xs[1],) * 2, ys, x1), (xs, (ys[0],) * 2, y0), (xs, (ys[1],) * 2, y1))
    for x, y, limit_at in sides:
        style = "-" if math.isfinite(limit_at) else (0, (2, 3))
        ax.plot(x, y, color=COLOUR[answer.question], linewidth=2.4, linestyle=style, clip_on=False)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
