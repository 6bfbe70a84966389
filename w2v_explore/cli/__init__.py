"""The command line: one file per command, each thin."""

from w2v_explore.cli.app import main

__all__ = ["main"]
