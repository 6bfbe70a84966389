"""The command line: one file per command, each thin."""

import gc


def main() -> None:
    """Run the program."""
    # Starting up makes tens of thousands of objects and no garbage: looking for some takes a tenth of the time.
    gc.disable()
    from w2v_explore.cli.app import main as run

    run()
