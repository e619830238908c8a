"""Sliders in a kernel: what a moved slider sends changes what the notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

pytest.importorskip("ipywidgets")

PATIENCE_SECONDS = 120
SLIDERS = """
from cisim import lesson
from cisim.scenario import load

def show(scenario):
    if scenario.values["n_orgs"] == 11:
        raise ValueError("eleven is not allowed here")
    return scenario.values["n_orgs"]

moved = lesson.sliders(show, load("null-separable").with_(n_orgs=8), n_orgs=(4, 12, 1))
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=PATIENCE_SECONDS)
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def messages(client: BlockingKernelClient, request: str) -> list[dict[str, Any]]:
    """What a request makes the kernel say, up to its end."""
    said = []
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE_SECONDS)
        if message["parent_header"].get("msg_id") != request:
            continue
        said.append(message)
        if message["msg_type"] == "error":
            raise AssertionError(message["content"]["evalue"])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return said


def of_type(said: list[dict[str, Any]], kind: str) -> list[Any]:
    return [message["content"] for message in said if message["msg_type"] == kind]


def test_a_moved_slider_replaces_what_is_shown(kernel: BlockingKernelClient) -> None:
    said = messages(kernel, kernel.execute(SLIDERS))
    first = of_type(said, "display_data")[-1]
    assert first["data"]["text/plain"] == "8"
    [slider] = [
        one["comm_id"]
        for one in of_type(said, "comm_open")
        if one["data"].get("state", {}).get("_model_name") == "IntSliderModel"
    ]

    def move(value: int) -> list[Any]:
        content = {
            "comm_id": slider,
            "data": {"method": "update", "state": {"value": value}, "buffer_paths": []},
        }
        request = kernel.session.msg("comm_msg", content)
        kernel.shell_channel.send(request)
        return of_type(messages(kernel, request["header"]["msg_id"]), "update_display_data")

    [update] = move(6)
    assert update["transient"]["display_id"] == first["transient"]["display_id"]
    assert update["data"]["text/plain"] == "6"
    assert move(6) == []
    [refusal] = move(11)
    assert refusal["data"]["text/plain"] == "eleven is not allowed here"
    [update] = move(7)
    assert update["data"]["text/plain"] == "7"
