"""The names in the index of a repository: what git tracks."""

from w2v_explore.lint.paths import LONGEST_PATH

# That of a repository of a million files.
MAX_INDEX_BYTES = 128 * 1024**2


def is_listed(index: bytes, sought: bytes) -> bool:
    """Whether a name, with the byte behind it, is among the names of an index, each behind its length."""
    at = index.find(sought)
    while at != -1:
        # A name is preceded by its length, with another two bytes between in entries that are extended.
        length = index.find(b"\0", at) - at
        lengths = (int.from_bytes(index[at - gap : at - gap + 2], "big") & 0xFFF for gap in (2, 4))
        if min(length, 0xFFF) in lengths:
            return True
        at = index.find(sought, at + 1)
    return False


def decompress(index: bytes, hash_bytes: int) -> bytes:
    """The names of an index of version 4, in which each says only how it differs from the one before.

    What no longer is an index, has names longer than any path, or more of them than an index may have, ends it.
    """
    names = bytearray()
    at, name = 12, b""
    flags_at = 40 + hash_bytes
    for _ in range(int.from_bytes(index[8:12], "big")):
        is_extended = index[at + flags_at : at + flags_at + 1] >= b"\x40" and index[at + flags_at] & 0x40
        at += flags_at + (4 if is_extended else 2)
        if at >= len(index):
            break
        strip, at = _varint(index, at)
        end = index.find(b"\0", at)
        if end == -1 or strip > len(name) or len(name) - strip + end - at > LONGEST_PATH:
            break
        if len(names) > MAX_INDEX_BYTES:
            break
        name = name[: len(name) - strip] + index[at:end]
        names += min(len(name), 0xFFF).to_bytes(2, "big") + name + b"\0"
        at = end + 1
    return bytes(names)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number of any length, seven bits a byte, as git writes offsets; and where it ends."""
    byte = content[at]
    value = byte & 0x7F
    # Of more bytes than a path's length has, no index is made.
    while byte & 0x80 and at + 1 < len(content) and value <= LONGEST_PATH:
        at += 1
        byte = content[at]
        value = ((value + 1) << 7) + (byte & 0x7F)
    return value, at + 1
