"""How other programs word the configs of HuBERT in pre-training.

fairseq's configs of HuBERT name the same fields, and stand for the encoder alone here: the number of classes is that of
a dictionary, which is a file. transformers has no such model.
"""

from collections.abc import Mapping

from w2v_explore.config.dialects.columns import Column

PYTHON = "torchaudio.models.hubert_pretrain_model"
"""The function that builds a model, whose arguments are the fields."""

COLUMNS: Mapping[str, Column] = {}
"""By the programs that have models of the family."""
