"""``python -m w2v_explore``."""

from w2v_explore.cli import main

main()
