"""Of every family: what is trained, kept and computed backward where some parameters are trained, as torch has it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import assert_trained_parts_are_what_torch_says
from tests.families.data2vec_audio.strategies import data2vec_configs
from tests.families.distilhubert.model import distilhubert_configs
from tests.families.hubert_pretrain.strategies import pretrain_configs as hubert_pretrain_configs
from tests.families.omniasr.strategies import omniasr_configs
from tests.families.pruned_wav2vec2.model import pruned_configs
from tests.families.wav2vec2_adapters.strategies import adapters_configs
from tests.families.wav2vec2_bert.strategies import bert_configs
from tests.families.wav2vec2_conformer.strategies import conformer_configs
from tests.families.wav2vec2_pretrain.strategies import pretrain_configs as wav2vec2_pretrain_configs
from tests.families.wavlm.strategies import wavlm_configs
from tests.strategies import configs
from w2v_explore.config.family import FAMILIES

CONFIGS = {
    "wav2vec2": configs(),
    "wavlm": wavlm_configs(),
    "omniasr": omniasr_configs(),
    "wav2vec2_adapters": adapters_configs(),
    "data2vec_audio": data2vec_configs(),
    "distilhubert": distilhubert_configs(),
    "pruned_wav2vec2": pruned_configs(),
    "hubert_pretrain": hubert_pretrain_configs(),
    "wav2vec2_pretrain": wav2vec2_pretrain_configs(),
    "wav2vec2_conformer": conformer_configs(),
    "wav2vec2_bert": bert_configs(),
}


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
@settings(max_examples=2)
def test_trained_parts(family: str, data: st.DataObject) -> None:
    assert_trained_parts_are_what_torch_says(data.draw(CONFIGS[family]), data)
