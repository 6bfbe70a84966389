"""The tensors of a checkpoint: what `w2v_explore.checkpoint` checked and listed, read."""


def read_tensors(path: str) -> dict: ...
