"""No driver outlives its test, so that what goes wrong in one is not complained of in the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from study.faults import reap


@pytest.fixture(autouse=True)
def _no_driver_is_left() -> Iterator[None]:
    yield
    reap()
