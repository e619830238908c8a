from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from cisim.web.service import Service

from .browsing import chromium, page_served
from .serving import service_with


@pytest.fixture
def service() -> Iterator[Service]:
    """A service without limits of requests."""
    with service_with() as found:
        yield found


@pytest.fixture(scope="module")
def idle() -> Iterator[Service]:
    """One service for all tests of a module that make it do nothing."""
    with service_with() as found:
        yield found
        assert found.scheduler.n_simulated == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server."""
    with page_served() as found:
        yield found
