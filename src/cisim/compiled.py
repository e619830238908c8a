"""Compile the model's functions once per version and keep the machine code on disk.

Every compiled function of cisim is declared with `kernel`. Numba can keep compiled code between
processes, but it only notices edits of the file a function stands in: when `engine.py` calls a function of
`rng.py` and `rng.py` changes, the old answer silently stays. The cache directory is therefore named after a
hash of *all* sources that declare a kernel, the versions of numba and numpy, and the processor.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import config

P = ParamSpec("P")
R = TypeVar("R")

PACKAGE = Path(__file__).resolve().parent
KEPT_VERSIONS = 3
FIRST_GUESS_SECONDS = 30.0
numba_config = cast("Any", config)  # its settings are set by name at run time, unknown to type checkers
_decorating = threading.Lock()


def sources_digest(package: Path = PACKAGE) -> str:
    """Hash every source below `package` that declares a kernel, with what else decides the machine code."""
    digest = hashlib.sha256()
    for part in (version("numba"), version("numpy"), _cpu_name()):
        digest.update(part.encode() + b"\0")
    for path in sorted(package.rglob("*.py")):
        text = path.read_bytes()
        if b"@kernel" in text or b"@rule" in text:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16]


def _cpu_name() -> str:
    """Name the processor as LLVM sees it, because machine code is not portable between processors."""
    llvm = import_module("llvmlite.binding")
    return f"{llvm.get_host_cpu_name()} {numba_config.CPU_NAME or ''} {numba_config.CPU_FEATURES or ''}"


def _cache_root() -> Path:
    """Where all versions live: `$CISIM_CACHE_DIR`, else the user's cache directory, else a temporary one."""
    chosen = os.environ.get("CISIM_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cisim"
    for root in (Path(chosen) if chosen else user, Path(tempfile.gettempdir()) / f"cisim-{_user_id()}"):
        with suppress(OSError):
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root):
                return root
    return Path(tempfile.mkdtemp(prefix="cisim-"))


def _user_id() -> int:
    """Keep the temporary caches of different users apart (0 where the system has no user ids)."""
    return os.getuid() if hasattr(os, "getuid") else 0


@cache
def cache_directory() -> Path:
    """Directory of the compiled code of exactly these sources, made if need be; older ones are pruned.

    Returns
    -------
    pathlib.Path
        `<root>/kernels-<hash>`, with the root from `$CISIM_CACHE_DIR` or the user's cache directory.
    """
    root = _cache_root()
    directory = root / f"kernels-{sources_digest()}"
    directory.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        os.utime(directory)
    _prune(root)
    return directory


def _prune(root: Path) -> None:
    """Keep the most recently used versions only; another process may be pruning too."""
    with suppress(OSError):
        by_age = sorted(root.glob("kernels-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT_VERSIONS:]:
            shutil.rmtree(old, ignore_errors=True)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of numbers and arrays to machine code on its first call.

    The signature is kept for type checkers. Division by zero gives inf or nan as in numpy, the global
    interpreter lock is released, and floating-point arithmetic is never reordered, so results are the same
    bits on every call path. With `NUMBA_DISABLE_JIT=1` the function stays plain Python.

    Functions defined outside the package (in a notebook, say) are compiled too, but not kept on disk.
    """
    return _compiled(function, is_inlined=False)


def kernel_inline(function: Callable[P, R]) -> Callable[P, R]:
    """Compile as `kernel` does, and always copy the code into its callers.

    For short functions called in an inner loop: every array handed to a function that is not copied in costs
    about 5 ns a call.
    """
    return _compiled(function, is_inlined=True)


def _compiled(function: Callable[P, R], *, is_inlined: bool) -> Callable[P, R]:
    """Hand the function to numba with its cache directory set for this one moment."""
    inside = Path(function.__code__.co_filename).resolve().is_relative_to(PACKAGE)
    options = {"cache": inside, "nogil": True, "error_model": "numpy", "forceinline": is_inlined}
    with _decorating:
        before = numba_config.CACHE_DIR
        if inside:
            numba_config.CACHE_DIR = str(cache_directory())
        try:
            compiled = numba.njit(**options)(function)
        finally:
            numba_config.CACHE_DIR = before
    return cast("Callable[P, R]", compiled)


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled code calls.

    A rule takes the whole state, some hundred arrays; leaving out the wrapper that would unpack them from Python
    saves most of the compile time. Python reaches rules through `engine.advance`.
    """
    return cast(
        "Callable[P, R]",
        numba.njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function),
    )


def is_warm(part: str = "engine") -> bool:
    """Tell whether `part` has been compiled for this version on this machine before.

    Parameters
    ----------
    part : str
        A name chosen by the caller of `first_use`.
    """
    return bool(numba_config.DISABLE_JIT) or (cache_directory() / f"{part}.warm").exists()


def expected_seconds(part: str = "engine") -> float:
    """Seconds the last compilation of `part` took on this machine (a guess when there was none)."""
    marks = sorted(
        cache_directory().parent.glob(f"kernels-*/{part}.warm"), key=lambda path: path.stat().st_mtime
    )
    for mark in reversed(marks):
        with suppress(OSError, ValueError, KeyError, TypeError):
            return float(json.loads(mark.read_text(encoding="utf-8"))["seconds"])
    return FIRST_GUESS_SECONDS


@contextmanager
def first_use(say: Callable[[str], object], part: str = "engine") -> Iterator[None]:
    """Wrap the first call of compiled code: say that it compiles, once per version, and remember how long.

    Parameters
    ----------
    say : callable
        Gets one sentence when compilation is due, nothing when the code is on disk.
    part : str
        Which set of kernels the wrapped call compiles.

    Examples
    --------
    >>> with first_use(print, "nothing-to-compile"):  # doctest: +SKIP
    ...     run_world()
    compiling the rules once for this version, about 30 s
    """
    if is_warm(part):
        yield
        return
    say(f"compiling the rules once for this version, about {expected_seconds(part):.0f} s")
    start = time.perf_counter()
    yield
    mark = {"seconds": round(time.perf_counter() - start, 3)}
    with suppress(OSError):
        (cache_directory() / f"{part}.warm").write_text(json.dumps(mark), encoding="utf-8")
