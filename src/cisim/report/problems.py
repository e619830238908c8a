"""Why no report is made, in words for the person who asked for it."""

from __future__ import annotations


class ReportError(ValueError):
    """What was named is no finished result, or not as it was written; nothing was changed."""
