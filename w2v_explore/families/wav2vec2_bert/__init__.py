"""w2v-BERT 2.0 (Seamless Communication 2023): conformer layers on features of a filterbank, as transformers has it."""

from w2v_explore.config.family import Family
from w2v_explore.families.wav2vec2_bert.fields import (
    ADAPTER_ACTIVATION,
    ADAPTER_OFF,
    AGREEMENTS,
    DISTANCE_TABLE,
    POSITIONS,
    POSITIONS_ODD,
    SIZES,
    Wav2Vec2BertConfig,
)

FAMILY = Family(
    name="wav2vec2_bert",
    title="w2v-BERT 2.0",
    config=Wav2Vec2BertConfig,
    agreements=AGREEMENTS,
    components={
        "feature_projection": "feature_projection",
        "transformer_layers": "encoder.layers",
        "intermediate_ffn": "intermediate_ffn",
        "adapter": "adapter",
        "aux": "lm_head",
    },
    roles={
        "encoder": ("feature_projection", "encoder", "intermediate_ffn"),
        "head": ("lm_head",),
        "adapters": ("adapter",),
    },
    reference="w2v_bert_2",
    rules=(POSITIONS, POSITIONS_ODD, ADAPTER_ACTIVATION, ADAPTER_OFF, SIZES, DISTANCE_TABLE),
    is_timed=False,
)
