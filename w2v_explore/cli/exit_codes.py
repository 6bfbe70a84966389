"""Exit codes beside 0, fine, and those of signals (`interrupt`)."""

ANSWER_IS_NO = 1
WRONG_QUESTION = 2
DEFECT = 3
PLEA = "This is a defect in w2v-explore; please report it with the lines above."
"""What is said with the last, after a traceback."""
