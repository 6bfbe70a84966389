"""The architecture is none that there is, or not that of what the config extends.

What it does
    Checks that architecture, where a config states it, is one of the names that `w2v-explore schema` lists, and that a
    config which extends another is of the same architecture. A config that states none is of the architecture that it
    extends, and a wav2vec2 where it extends nothing.
Why is this bad
    The architecture decides which fields there are and what is built of them. Under another name nothing can be built,
    and a config that extends one of another architecture would lack fields, or have some that mean nothing.
Example
    extends: base
    architecture: wav2vec
Use instead
    extends: base
    architecture: wav2vec2
"""

from w2v_explore.config.codes import ARCHITECTURE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
