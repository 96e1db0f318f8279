"""`python -m engine`: see cli.py."""

import sys

from engine.cli import main

sys.exit(main())
