"""``python -m w2v_explore``."""

import os
import sys

# Python looks for modules in the current directory first then. What lies there is what is checked, and not run.
if not getattr(sys.flags, "safe_path", sys.flags.isolated):
    try:  # without contextlib, whose import would come before Ctrl-C is listened for
        if sys.path[0] in ("", os.getcwd()):
            del sys.path[0]
    except FileNotFoundError:  # the current directory was removed
        pass

from w2v_explore.cli import main

main()
