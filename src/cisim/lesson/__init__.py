"""What a lesson needs: predictions before a run, the class's answers pooled, sliders, and role cards.

``from cisim import lesson`` is all a notebook asks for. Nothing here needs a network, and only `sliders` makes use of
ipywidgets, where it is installed.
"""

from __future__ import annotations

from cisim.lesson.pooling import Pool, pool
from cisim.lesson.predictions import Prediction, compare, predict, score
from cisim.lesson.roles import Role, role_sheet, roles
from cisim.lesson.showing import Shown, show
from cisim.lesson.sliders import Sliders, sliders

__all__ = [
    "Pool",
    "Prediction",
    "Role",
    "Shown",
    "Sliders",
    "compare",
    "pool",
    "predict",
    "role_sheet",
    "roles",
    "score",
    "show",
    "sliders",
]
