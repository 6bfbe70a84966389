"""Which paths lead to weights; cheap, since every config is asked about."""

import os

from w2v_explore.errors import SourceError
from w2v_explore.files.read import read_start

INDEX_SUFFIX = ".index.json"
SAFETENSORS_SUFFIX = ".safetensors"
PYTORCH_SUFFIXES = (".pt", ".bin", ".ckpt", ".pth")

FOLDER_FILES = (
    "model.safetensors",
    f"model.safetensors{INDEX_SUFFIX}",
    "pytorch_model.bin",
    f"pytorch_model.bin{INDEX_SUFFIX}",
)
"""Where the weights of a Hugging Face folder may be; transformers looks in this order."""

ZIP_START = b"PK\x03\x04"
# The pickle of the number that every file of torch before 1.6 begins with.
LEGACY_START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
START_BYTES = len(LEGACY_START)


def is_checkpoint(path: str) -> bool:
    """Whether a path leads to weights, by its name, by the first bytes of the file or by what is in the folder."""
    if "\0" in path:
        return False
    if os.path.isdir(path):
        return any(os.path.exists(os.path.join(path, name)) for name in FOLDER_FILES)
    if not os.path.isfile(path):
        return False
    if path.endswith((SAFETENSORS_SUFFIX, *PYTORCH_SUFFIXES, INDEX_SUFFIX)):
        return True
    try:
        start = read_start(path, START_BYTES)
    except SourceError:
        return False
    return looks_like_safetensors(start) or looks_like_pytorch(start)


def looks_like_safetensors(start: bytes) -> bool:
    """Whether the first bytes of a file are those of a header: a length, which no text begins with, and a brace."""
    return start[8:9] == b"{" and b"\0" in start[:8]


def looks_like_pytorch(start: bytes) -> bool:
    """Whether the first bytes of a file are those of one of the formats of torch.save."""
    return start.startswith((ZIP_START, LEGACY_START))
