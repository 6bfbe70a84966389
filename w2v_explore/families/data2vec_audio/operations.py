"""The one operation that wav2vec 2.0 has not."""

from dataclasses import dataclass

from w2v_explore.tree.operations import LayerNorm, Shape


@dataclass(frozen=True, slots=True)
class PlainLayerNorm(LayerNorm):
    """A layer norm that neither scales nor shifts what it has normalised: it has no parameters."""

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}
