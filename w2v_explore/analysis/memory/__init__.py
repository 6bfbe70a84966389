"""Which tensors are alive when, and what fits."""
