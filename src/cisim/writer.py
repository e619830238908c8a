"""Text of scenario files that the reader reads back as the same values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cisim.tree import plain


def to_yaml(data: Mapping[str, Any]) -> str:
    """Return `data` (dicts, lists, text and numbers) as YAML, keys in the given order."""
    import yaml

    text: str = yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=110)
    return text


@cache
def _dumper() -> Any:
    """Return a YAML dumper that quotes whatever the reader would not take for text, and makes no aliases."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        style = None if plain(value) == value and "\n" not in value else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper
