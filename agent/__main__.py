"""`python -m agent` is the `ansim` command."""

import sys

from agent.cli import main

sys.exit(main())
