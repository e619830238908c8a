"""What fault tests and their long version in `validation` share: drivers that are killed, and what must come out."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from cisim.study.folder import Folder
from cisim.study.runner import How, run_study
from study.small import long_study, table_bytes

DRIVER = Path(__file__).parent / "driver.py"
PATIENCE = 120.0


def start(folder: Path, *words: object) -> subprocess.Popen[str]:
    """Start a driver."""
    command = [sys.executable, str(DRIVER), str(folder), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(driver: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a driver; return its exit code and what it said."""
    out, error = driver.communicate(timeout=PATIENCE)
    return driver.returncode, out + error


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
