"""The program's own exit codes; 0 is fine, and signals have further codes (`interrupt`)."""

ANSWER_IS_NO = 1
WRONG_QUESTION = 2
DEFECT = 3
PLEA = "This is a defect in w2v-explore; please report it with the lines above."
"""The line after a traceback, where the exit code is `DEFECT`."""
