"""Where links lead: out of the folder that a file is named in, or not."""

import os
import re

# models--facebook--wav2vec2-base/snapshots/0b5b8e8/model.safetensors → models--facebook--wav2vec2-base/blobs/c34f9…
_SNAPSHOT = re.compile(r"(.*[\\/](?:models|datasets|spaces)--[^\\/]+)[\\/]snapshots[\\/][^\\/]+(?:[\\/].*)?")


def leads_away(path: str, folder: str) -> bool:
    """Whether a file that is named in a folder, or below it, lies elsewhere, since a link leads there.

    Hugging Face's cache is one folder: what a snapshot in it names lies among the blobs of the same repository.
    """
    folder, file = os.path.realpath(folder), os.path.realpath(path)
    if os.path.join(file, "").startswith(os.path.join(folder, "")):
        return False
    snapshot = _SNAPSHOT.fullmatch(os.path.realpath(os.path.dirname(path)))
    return snapshot is None or os.path.dirname(file) != os.path.join(snapshot[1], "blobs")
