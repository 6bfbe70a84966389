"""Exit codes beside 0, fine, and those of signals (`interrupt`)."""

ANSWER_IS_NO = 1
WRONG_QUESTION = 2
DEFECT = 3
