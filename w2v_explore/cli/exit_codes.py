"""Exit codes beside 0, fine, and 130, Ctrl-C."""

ANSWER_IS_NO = 1
WRONG_QUESTION = 2
DEFECT = 3
