"""The command line: one file per command, each thin."""

import gc
import sys


def main() -> None:
    """Run the program."""
    # Starting up makes tens of thousands of objects and no garbage: looking for some takes a tenth of the time.
    gc.disable()
    try:
        import os

        if "_W2V_EXPLORE_COMPLETE" in os.environ:
            # At each tab: without typer, nor anything else of the program.
            from w2v_explore.cli.completion.answer import answer

            answer()
            return
        from w2v_explore import interrupt

        interrupt.listen()
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        from w2v_explore.cli.app import main as run

        code = run()
        interrupt.stop_listening()
    except BaseException:  # what an import made of the signal
        if not interrupt.came():
            raise
        code = interrupt.exit_code()
        interrupt.stop_listening()
    sys.exit(code)
