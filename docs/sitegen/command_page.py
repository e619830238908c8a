"""The command reference, read from the commands themselves."""

from __future__ import annotations

import re
from typing import Any

import typer

from cisim.cli import BAD_INPUT, DONE, FAILED, INTERRUPTED, app
from cisim.tables import markdown

HEAD = """\
# Command reference

Made from the commands when the site is built. What commands have in common, what they write and their JSON:
[the command line](../cli.md). Wherever a `FILE` is wanted, the path of a scenario file or the name of a shipped
scenario will do.
"""
CODES = (
    (DONE, "done"),
    (FAILED, "failed: an unexpected error, a full disk, a reader of the output that went away"),
    (BAD_INPUT, "the input is not allowed; standard error names field, value and what is allowed"),
    (f"{INTERRUPTED}, 143", "interrupted by Ctrl-C, or told to end; what a study had finished is kept"),
)


def commands() -> dict[str, Any]:
    """Return every command by its verb, in the order of the program's help."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def command_page() -> str:
    """Return the page: an overview, the exit codes, and a section per command."""
    found = commands()
    overview = [(f"[`{verb}`](#cisim-{verb})", first_line(one.help)) for verb, one in found.items()]
    codes = [(f"`{code}`", meaning) for code, meaning in CODES]
    lines = [HEAD, *markdown(("command", "what it does"), overview), "", "## Exit codes", ""]
    lines += [*markdown(("code", "meaning"), codes), "", "The same for every command."]
    for verb, one in found.items():
        lines += ["", *section(verb, one)]
    return "\n".join(lines) + "\n"


def section(verb: str, command: Any) -> list[str]:
    """Return the section of one command: usage, help, arguments and options."""
    positional = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join(["cisim", verb, *(shape(one) for one in positional), "[OPTIONS]"])
    lines = [
        f"## cisim {verb} {{: #cisim-{verb} }}",
        "",
        "```text",
        usage,
        "```",
        "",
        escaped(command.help),
        "",
    ]
    if positional:
        rows = [(f"`{name_of(one)}`", escaped(one.help)) for one in positional]
        lines += [*markdown(("argument", "meaning"), rows), ""]
    rows3 = [(f"`{spelling(one)}`", default_of(one), escaped(one.help)) for one in options]
    return [*lines, *markdown(("option", "default", "meaning"), rows3)]


def name_of(parameter: Any) -> str:
    """Return what an argument is called, without brackets and dots."""
    return re.sub(r"[\[\].]", "", parameter.metavar or parameter.name.upper())


def shape(parameter: Any) -> str:
    """Return an argument as usage shows it."""
    text = name_of(parameter) + ("..." if parameter.nargs != 1 else "")
    return text if parameter.required else f"[{text}]"


def spelling(parameter: Any) -> str:
    """Return an option as it is typed."""
    value = "" if parameter.is_flag else f" {parameter.metavar or 'TEXT'}"
    return ", ".join(parameter.opts) + value


def default_of(parameter: Any) -> str:
    """Return the value an option has when it is left out."""
    if parameter.is_flag or parameter.default in (None, ()):
        return ""
    return f"`{parameter.default}`"


def first_line(text: str) -> str:
    """Return the first sentence of a help text."""
    return escaped(" ".join(text.split("\n\n")[0].split()))


def escaped(text: str | None) -> str:
    """Return plain text with commands in quotes shown as code, and nothing taken for Markdown."""
    text = re.sub(r"'(cisim [^']+)'", r"`\1`", (text or "").strip())
    text = re.sub(r"Example: (cisim .*)", r"Example: `\1`", text)
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(one if one.startswith("`") else re.sub(r"([*_<\[\]])", r"\\\1", one) for one in parts)
