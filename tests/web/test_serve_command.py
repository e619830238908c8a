from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest

from cisim.cli import main


def refusal(capsys: Any, *words: str, code: int = 2) -> str:
    assert main(["serve", *words]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return str(err)


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 201, "sixteen letters and blanks", "höchstgeheimes-token", "a" * 20 + "&s=b"]
)
def test_tokens_that_are_not_allowed(capsys, token):
    assert "--token: 16 to 200 letters" in refusal(capsys, "--token", token)


def test_a_token_of_the_environment_that_is_not_allowed(capsys, monkeypatch):
    monkeypatch.setenv("CISIM_TOKEN", "short")
    found = refusal(capsys)
    assert "CISIM_TOKEN: 16 to 200" in found
    assert "short" not in found


@pytest.mark.parametrize("name", ["example.org:443", "http://example.org", "*", "a b", "-a", "a/b", "[::1]"])
def test_names_that_are_not_allowed(capsys, name):
    assert "--allow-host" in refusal(capsys, "--allow-host", name)


@pytest.mark.parametrize("host", ["192.0.2.1", "a b", "x" * 300, "256.256.256.256"])
def test_addresses_that_this_machine_does_not_have(capsys, host):
    assert "is not an address of this machine" in refusal(capsys, "null-separable", "--host", host)


def test_a_port_that_is_taken(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        found = refusal(capsys, "null-separable", "--port", port, code=1)
        assert f"port {port}: Address already in use; --port 0 takes a free one" in found


@pytest.mark.parametrize(
    "option", [("--port", "70000"), ("--cache-mb", "1"), ("--work-seconds", "0"), ("--threads", "0")]
)
def test_numbers_out_of_range(capsys, option):
    assert option[0] in refusal(capsys, *option)


def test_a_scenario_that_is_wrong(capsys, tmp_path):
    file = tmp_path / "town.yaml"
    file.write_text("cisim: 1\nextends: null-separable\nparams: {n_orgs: -3}\n")
    assert f"{file}:3:18" in refusal(capsys, str(file))
    assert "there is no file" in refusal(capsys, "nowhere.yaml")


def test_without_the_extra_it_says_what_to_install():
    lacking = (
        "import sys; sys.modules['uvicorn'] = None; from cisim.cli import main; sys.exit(main(['serve']))"
    )
    found = subprocess.run([sys.executable, "-c", lacking], capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr == "cisim: 'cisim serve' needs uvicorn: pip install 'cisim[serve]'\n"


def test_help_needs_no_server():
    words = [sys.executable, "-X", "importtime", "-m", "cisim", "serve", "--help"]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "--allow-host" in found.stdout
    assert not any(name in found.stderr for name in ("starlette", "uvicorn", "numba", "pandas"))
