"""What a comparison of HuBERTs in pre-training depends on: what masks choose among frames makes none of them."""

from __future__ import annotations

from w2v_explore import Workload, load_config
from w2v_explore.analysis.comparing.parts import Parts


def test_frames_depend_on_the_extractor_alone() -> None:
    """All fields on which they depend are tried in all coalitions: with those of the masks there would be millions."""
    parts, model = Parts(), load_config("hubert_pretrain_base").model
    remainder = parts.remainder(model, Workload(samples=16_000))
    names = parts.fields_for_frames("hubert_pretrain", remainder)
    assert {"extractor_conv_layer_config"} <= names <= {name for name in model.FIELDS if name.startswith("extractor_")}
