"""The dtypes in which models are computed, and how large a number is in each."""

DTYPE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}
