"""``python -m cisim`` is the command line."""

from __future__ import annotations

import sys

from cisim.cli import main

sys.exit(main())
