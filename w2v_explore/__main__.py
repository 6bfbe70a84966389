"""``python -m w2v_explore``."""

import os
import sys
from contextlib import suppress

# Python looks for modules in the current directory first then. What lies there is what is checked, and not run.
if not getattr(sys.flags, "safe_path", sys.flags.isolated):
    with suppress(FileNotFoundError):  # it may have been removed
        if sys.path[0] in ("", os.getcwd()):
            del sys.path[0]

from w2v_explore.cli import main

main()
