"""`Published`: what other programs call published models, as the value that a family's ``published`` file holds."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})

HUB, TORCHAUDIO, FAIRSEQ = "the Hugging Face hub's", "torchaudio's", "fairseq's"
UNILM, S3PRL = "unilm's", "s3prl's"


class Architecture(NamedTuple):
    """What a name of fairseq2's stands for, whose values are in Python there.

    Attributes:
        preset: The preset that it is.
        changes: What it has otherwise.
        remark: What is to be said of it.
    """

    preset: str
    changes: Mapping[str, Any] = MappingProxyType({})
    remark: str = ""


class Published(NamedTuple):
    """What other programs call published models of a family.

    Attributes:
        names: By whose names they are, the preset that each stands for, in any case and with ``-`` for ``_``: the hub's
            repositories, torchaudio's factories, files of weights and of configs without their ends, s3prl's upstreams.
        bundles: torchaudio.pipelines, whose case counts.
        without_preset: Repositories on the hub that no preset is made from, and why.
        made_of: Models that others made of a published one, by a pattern in the name: the preset whose architecture
            their encoders have.
        fairseq2: What fairseq2's names stand for: of its models, as they are, and of its architectures, behind the name
            of their family: ``wav2vec2/base``.
    """

    names: Mapping[str, Mapping[str, str]]
    bundles: Mapping[str, str] = _NOTHING
    without_preset: Mapping[str, str] = _NOTHING
    made_of: Mapping[str, str] = _NOTHING
    fairseq2: Mapping[str, Architecture] = MappingProxyType({})
