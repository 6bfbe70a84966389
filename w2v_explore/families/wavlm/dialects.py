"""How Hugging Face and unilm, where WavLM comes from, word its configs; fairseq has no such model."""

import dataclasses

from w2v_explore.config.dialects.columns import Counterpart, Guard, Kind
from w2v_explore.families.wav2vec2 import dialects

PYTHON = "torchaudio.models.wavlm_model"
"""The function that builds a model, whose arguments are the fields."""

HUGGINGFACE = dialects.HUGGINGFACE.with_fields(
    kinds={"wavlm": Kind("WavLMConfig")},
    encoder_num_buckets=Counterpart(("num_buckets",), 320),
    encoder_max_distance=Counterpart(("max_bucket_distance",), 800),
)

_PLAIN = "a model without it is a wav2vec 2.0: write _name: wav2vec2, and leave out the fields that fairseq has not"

UNILM = dataclasses.replace(
    dialects.FAIRSEQ.with_fields(
        kinds={},
        refused={
            "relative_position_embedding": Guard((True,), _PLAIN, is_wanted=True),
            "gru_rel_pos": Guard((True,), "the position bias here is always gated", is_wanted=True),
            "activation_fn": Guard(
                ("gelu",),
                "the feed-forward blocks here have GELU; with glu the first of their matrices is twice as wide",
            ),
            "expand_attention_head_size": Guard((-1,), "the heads here share the width of the encoder"),
        },
        encoder_num_buckets=Counterpart(("num_buckets",), 320),
        encoder_max_distance=Counterpart(("max_distance",), 1280),
    ),
    constants={"relative_position_embedding": True, "gru_rel_pos": True},
)

ESPNET = dialects.ESPNET.with_fields(
    kinds={
        "torchaudio_wavlm": Kind("TorchAudioWavLMPretrainEncoder", dialects.ESPNET.kinds["torchaudio_hubert"].remark),
    },
    encoder_num_buckets=Counterpart(("encoder_num_buckets",), 320),
    encoder_max_distance=Counterpart(("encoder_max_distance",), 800),
)

COLUMNS = {"espnet": ESPNET, "huggingface": HUGGINGFACE, "unilm": UNILM}
"""By the programs that have models of the family."""
