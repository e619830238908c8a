"""Run what the documents say to type, and compare what they show: used by tests, and `python docs/running.py PAGE`.

A page is run from top to bottom in one empty folder that has the project's `scenarios`, `experiments` and `docs` beside
it. Blocks of `console`, `bash` and `sh` are commands; what stands below a `$` line is what it prints, `...` standing
for anything. Blocks of `python` are run in one namespace. Comments before a block, which no reader sees, change that:

- `<!-- file: NAME -->`: the block is a file, and is written under that name;
- `<!-- test: OPTIONS -->`: the commands are run with these options as well, so that they are quick (`--worlds 2`);
- `<!-- test: parse -->`: the arguments are read and nothing is run;
- `<!-- test: exit N -->`: the last command ends with that code;
- `<!-- all: OPTIONS -->`, anywhere: options for all commands of the page.

Given the name of a page, what it shows is replaced by what commands print now.
"""

from __future__ import annotations

import doctest
import io
import os
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from blocks import ANYTHING, TYPED, Block, Step, agrees, blocks

from cisim.cli import app, main

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BESIDE = ("scenarios", "experiments", "notebooks", "docs")
SHELL = ("ls", "cat", "head", "jq", "mkdir", "cp", "wc", "grep")
"""Programs of the system that a document may call; others are only read."""
GROUP: Any = typer.main.get_command(app)


class MismatchError(AssertionError):
    """A document shows or does something else than the program."""


@dataclass
class Folder:
    """Where a page is run: its folder, its Python names, and how often something was only read."""

    path: Path
    names: dict[str, Any] = field(default_factory=dict)
    read: int = 0
    run: int = 0

    def __post_init__(self) -> None:
        for name in BESIDE:
            (self.path / name).symlink_to(ROOT / name)

    def do(self, block: Block) -> list[str]:
        """Run a block and return what each of its commands printed.

        Raises
        ------
        MismatchError
            If a command ends otherwise than it should, or prints something else.
        """
        if block.file:
            target = self.path / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.body, "utf-8")
            return []
        if block.language == "python":
            self.python(block)
            return []
        if block.language not in TYPED:
            return []
        steps = block.steps
        return [self.step(one, block, is_last=one is steps[-1]) for one in steps]

    def step(self, step: Step, block: Block, *, is_last: bool) -> str:
        """Run one command and compare."""
        code, printed = self.typed(step.command, block)
        wanted = block.code if is_last else 0
        if code is not None and code != wanted:
            raise MismatchError(
                f"line {block.line}: {step.command}: exit code {code}, not {wanted}\n{printed}"
            )
        if step.shown and code is not None and not agrees(printed, step.shown):
            raise MismatchError(
                f"line {block.line}: {step.command}\nshown:\n{step.shown}\nprinted:\n{printed}"
            )
        return printed

    def typed(self, command: str, block: Block) -> tuple[int | None, str]:
        """Run one line; the code is None where it was only read."""
        first, *others = split_at_pipes(command)
        if not first:
            return 0, ""
        if block.is_parsed or first[0] in ("make", "pip"):
            parse(first)
            self.read += 1
            return None, ""
        self.run += 1
        with chdir(self.path):
            code, printed = started(first, block.options)
            for words in others:
                code, printed = piped(words, printed)
        return code, printed

    def python(self, block: Block) -> None:
        """Run a block of Python: as a doctest where it has prompts."""
        with chdir(self.path):
            if ">>>" not in block.body:
                exec(compile(block.body, f"line {block.line}", "exec"), self.names)
                return
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            test = doctest.DocTestParser().get_doctest(block.body, self.names, f"line {block.line}", None, 0)
            told = io.StringIO()
            runner.run(test, out=told.write, clear_globs=False)
            self.names.update(test.globs)
            if runner.failures:
                raise MismatchError(told.getvalue())


def split_at_pipes(command: str) -> list[list[str]]:
    """Return the words of each program of a line, without its comment."""
    programs: list[list[str]] = [[]]
    for word in shlex.split(command, comments=True):
        if word == "|":
            programs.append([])
        else:
            programs[-1].append(word)
    return programs


def parse(words: list[str]) -> None:
    """Read the arguments of a command as the program would.

    Raises
    ------
    MismatchError
        If there is no such command, target or option.
    """
    if words[0] == "make":
        rules = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
        unknown = [word for word in words[1:] if "=" not in word and word not in rules]
        if unknown:
            raise MismatchError(f"no target {unknown}")
    elif words[0] == "cisim":
        verb, *rest = words[1:]
        if verb not in GROUP.commands:
            raise MismatchError(f"no command {verb!r}")
        GROUP.commands[verb].make_context(verb, list(rest))


def started(words: list[str], options: tuple[str, ...]) -> tuple[int, str]:
    """Run a program: cisim and Python here, programs of the system beside; return its code and what it prints."""
    out = io.StringIO()
    if words[0] == "cisim":
        with redirect_stdout(out), redirect_stderr(out):
            code = main(with_options(words[1:], options))
        return code, out.getvalue()
    if words[0] == "python":
        with redirect_stdout(out):
            runpy.run_path(words[1], run_name="__main__")
        return 0, out.getvalue()
    return piped(words, "")


def piped(words: list[str], given: str) -> tuple[int, str]:
    """Run a program of the system."""
    if words[0] not in SHELL:
        raise MismatchError(f"{words[0]!r} is not a program that documents may call: {', '.join(SHELL)}")
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def with_options(words: list[str], options: tuple[str, ...]) -> list[str]:
    """Return a command with options put in place of its own, or added; settings are always added."""
    found = list(words)
    for name, value in zip(options[::2], options[1::2], strict=True):
        if name in found and name != "--set":
            found[found.index(name) + 1] = value
        else:
            found += [name, value]
    return found


def refresh(page: Path) -> None:
    """Write what commands print now in place of what a page shows, except where dots stand for some of it."""
    text = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        here = Folder(Path(folder))
        for block in list(blocks(text)):
            steps = block.steps if block.language == "console" else []
            try:
                here.do(block)
            except MismatchError:
                text = _renewed(text, block, steps, here)
    page.write_text(text, "utf-8")


def _renewed(text: str, block: Block, steps: list[Step], here: Folder) -> str:
    """Return a page with one block as it prints now."""
    told = block.body
    for one in steps:
        if one.shown and ANYTHING not in one.shown.split():
            _, printed = here.typed(one.command, block)
            told = told.replace(one.shown, printed.strip("\n"))
    return text.replace(block.body, told)


if __name__ == "__main__":
    os.environ.setdefault("COLUMNS", "100")
    for name in sys.argv[1:]:
        refresh(Path(name))
