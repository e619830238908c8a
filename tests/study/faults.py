"""What fault tests and their long version in `validation` share: drivers that are killed, and what must come out."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from cisim.study.folder import Folder
from cisim.study.runner import How, run_study
from study.small import long_study, table_bytes

DRIVER = Path(__file__).parent / "driver.py"
PATIENCE = 300.0
TOLD_LINES = 120


STARTED: list[subprocess.Popen[str]] = []
"""Drivers, for `reap`."""


def start(folder: Path, *words: object) -> subprocess.Popen[str]:
    """Start a driver; it is ended with the test at the latest."""
    command = [sys.executable, "-X", "faulthandler", str(DRIVER), str(folder), *map(str, words)]
    pipe = subprocess.PIPE
    driver = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    STARTED.append(driver)
    return driver


def ended(driver: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a driver; return its exit code and what it said. One that hangs says where."""
    try:
        out, error = driver.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        workers = children(driver.pid)
        driver.send_signal(signal.SIGABRT)
        out, error = driver.communicate(timeout=PATIENCE)
        end_all(workers)
        told = "\n".join((out + error).splitlines()[-TOLD_LINES:])
        raise AssertionError(f"a driver did not end within {PATIENCE:.0f} s: {told}") from None
    return driver.returncode, out + error


def go_on(driver: subprocess.Popen[str]) -> None:
    """Let a driver go on that waits for a line of input."""
    assert driver.stdin is not None
    driver.stdin.write("\n")
    driver.stdin.flush()


def reap() -> None:
    """End drivers that are still there, with their workers, and close what they wrote to."""
    while STARTED:
        driver = STARTED.pop()
        if driver.poll() is None:
            end_all([*children(driver.pid), driver.pid])
        driver.wait(PATIENCE)
        for stream in (driver.stdin, driver.stdout, driver.stderr):
            if stream is not None:
                stream.close()


def end_all(pids: list[int]) -> None:
    """Kill processes, as far as they are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Processes started by a process."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def wait_for(driver: subprocess.Popen[str], word: str, beyond: int = 0) -> None:
    """Read what a driver says until a line starts with `word` and, for a status, counts more than `beyond` runs."""
    assert driver.stdout is not None
    for line in driver.stdout:
        parts = line.split()
        if parts[0] == word and (word != "status" or int(parts[1]) > beyond):
            return
    raise AssertionError(
        f"the driver ended before it said {word!r}: {driver.stderr.read() if driver.stderr else ''}"
    )


def undisturbed(folder: Path, worlds: int = 150) -> dict[str, bytes]:
    """The tables of a study that nothing happened to."""
    place = Folder(str(folder))
    run_study(long_study(worlds), place, How())
    return table_bytes(place)


def resumed(folder: Path, worlds: int = 150) -> tuple[dict[str, bytes], list[str]]:
    """Go on with a study as `cisim resume` does; return its tables and what the user is told."""
    remarks: list[str] = []
    place = Folder(str(folder))
    spec = (
        None
        if (folder / "study.json").exists() or (folder / "study.copy.json").exists()
        else long_study(worlds)
    )
    run_study(spec, place, How(on_remark=remarks.append))
    return table_bytes(place), remarks


def assert_clean(folder: Path) -> None:
    """Nothing half-written and no part is left."""
    left = [
        name
        for name in Folder(str(folder)).names()
        if ".tmp-" in name or name.startswith("parts/") or name.endswith(".new")
    ]
    assert not left, left


def kill_often(folder: Path, seed: int, kills: int, worlds: int = 150) -> int:
    """Kill drivers at random moments of their work, one after the other, until one finishes; return the kills done."""
    dice = random.Random(seed)
    done = 0
    while done < kills:
        driver = start(folder, "--worlds", worlds)
        try:
            wait_for(driver, "status", -1)
        except AssertionError:
            driver.wait(PATIENCE)
            return done
        time.sleep(dice.expovariate(4.0))
        if driver.poll() is not None:
            return done
        driver.send_signal(signal.SIGKILL)
        driver.communicate()
        done += 1
    return done
