"""`python -m pytest_mcscopes`: the command `mcscopes` where no script is on the path."""

from __future__ import annotations

import sys

from .cli.main import main

sys.exit(main())
