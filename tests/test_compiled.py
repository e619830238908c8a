"""The cache of compiled code: never stale, never in the way, and the same answers without compilation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core import config

from cisim import compiled, landscape, search

ANSWER = """
from cisim.compiled import cache_directory, first_use, is_warm
from cisim.caller import twice
with first_use(print, "test"):
    print(twice(21), cache_directory().name, is_warm("test"))
print(is_warm("test"))
"""
CALLEE = """from cisim.compiled import kernel
from cisim.constants import {name}


@kernel
def one(x):
    return x + {name}
"""
CALLER = """from cisim.callee import one
from cisim.compiled import kernel


@kernel
def twice(x):
    return 2 * one(x)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the compiling module with a kernel, what it calls, and a constant of that."""
    root = tmp_path / "src" / "cisim"
    root.mkdir(parents=True)
    shutil.copy(compiled.__file__, root / "compiled.py")
    (root / "__init__.py").write_text("")
    (root / "caller.py").write_text(CALLER)
    (root / "callee.py").write_text(CALLEE.format(name="STEP"))
    (root / "constants.py").write_text("STEP = 0\nOTHER = 5\n")
    return root


def answer(package: Path, **environment: str) -> list[str]:
    """Ask for the caller's answer in a fresh process."""
    variables = {"CISIM_CACHE_DIR": str(package.parents[1] / "cache"), "PYTHONPATH": str(package.parent)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ANSWER],
        env=os.environ | variables | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_editing_a_callee_or_its_constant_changes_the_callers_answer(package):
    first = answer(package)
    assert first[0].startswith("compiling the rules once for this version, about ")
    assert first[1].startswith("42 kernels-")
    assert first[1].endswith(" False")
    assert first[2] == "True"
    assert answer(package) == [first[1].replace("False", "True"), "True"]  # from disk: nothing said
    saved = list((package.parents[1] / "cache").rglob("*.nbc"))
    assert len(saved) == 2
    answer(package)
    assert sorted((package.parents[1] / "cache").rglob("*.nbc")) == sorted(saved)

    (package / "callee.py").write_text(CALLEE.format(name="OTHER"))
    assert answer(package)[1].startswith("52 ")
    (package / "constants.py").write_text("STEP = 0\nOTHER = 6\n")
    assert answer(package)[1].startswith("54 ")
    (package / "caller.py").write_text(CALLER.replace("2 * one", "3 * one"))
    assert answer(package)[1].startswith("81 ")
    assert len(list((package.parents[1] / "cache").glob("kernels-*"))) == compiled.KEPT_VERSIONS


def test_without_compilation_the_answer_is_the_same_and_nothing_is_said(package):
    assert answer(package, NUMBA_DISABLE_JIT="1")[0].startswith("42 ")


def test_a_cache_that_cannot_be_written_is_no_obstacle(package, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where the directory should be")
    lines = answer(package, CISIM_CACHE_DIR=str(blocked), TMPDIR=str(tmp_path))
    assert lines[1].startswith("42 ")
    assert list(tmp_path.glob("cisim-*/kernels-*/*/*.nbc"))


def test_the_user_cache_follows_xdg(package, tmp_path):
    answer(package, CISIM_CACHE_DIR="", XDG_CACHE_HOME=str(tmp_path / "xdg"))
    assert list(tmp_path.glob("xdg/cisim/kernels-*"))


def test_sources_that_no_kernel_imports_do_not_count(package):
    before = compiled.sources_digest(package)
    (package / "report.py").write_text("from cisim.caller import twice\n")
    assert compiled.sources_digest(package) == before
    (package / "callee.py").write_text(CALLEE.format(name="STEP") + "# a comment\n")
    assert compiled.sources_digest(package) != before


def test_what_studies_and_documents_are_made_of_does_not_name_the_model():
    parts = {
        path.relative_to(compiled.PACKAGE).parts[0] for path in compiled.kernel_sources(compiled.PACKAGE)
    }
    assert {"rules", "engine.py", "params.py", "rng.py", "scenario.py"} <= parts
    assert not parts & {"study", "claims", "retrodiction", "parsimony", "commands", "figures", "__init__.py"}


def test_other_caches_of_numba_are_left_alone():
    before = config.CACHE_DIR

    @compiled.kernel
    def outside(x):
        return x + 1

    assert outside(1) == 2
    assert before == config.CACHE_DIR
    if not config.DISABLE_JIT:
        assert outside.stats.cache_path is None  # not of the package: compiled, not kept
        assert Path(search.copy_best.stats.cache_path).is_relative_to(compiled.cache_directory())


def test_a_failed_first_use_stays_cold():
    with pytest.raises(RuntimeError), compiled.first_use(lambda _: None, "never-finished"):
        raise RuntimeError
    assert not compiled.is_warm("never-finished")


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="compares compiled code with plain Python")
def test_compiled_and_plain_python_agree_to_the_last_bit():
    table, partners = np.empty((6, 8)), np.empty((6, 2), np.int64)
    landscape.fill(table, partners, 3, 1, 0)
    setting = (0b000111, 0b111000, 3, 0.5, 0.5, 2, True, 3, 0.1, table, partners, 3, 6, 0, 1, 2)
    chosen = [int(search.coordinate(x, *setting)) for x in range(64)]
    code = (
        "import numpy as np; from cisim import landscape, search;"
        "t, p = np.empty((6, 8)), np.empty((6, 2), np.int64); landscape.fill(t, p, 3, 1, 0);"
        "s = (0b000111, 0b111000, 3, 0.5, 0.5, 2, True, 3, 0.1, t, p, 3, 6, 0, 1, 2);"
        "print([int(search.coordinate(x, *s)) for x in range(64)], float(t.sum()).hex(), p.sum())"
    )
    plain = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(compiled.PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert plain == f"{chosen} {float(table.sum()).hex()} {partners.sum()}\n"


def test_inner_kernels_may_not_make_arrays():
    @compiled.kernel_inner
    def makes_one(n):
        return np.empty(n)

    if not config.DISABLE_JIT:
        with pytest.raises(numba.TypingError):
            makes_one(3)
