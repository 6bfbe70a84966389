"""What others call the models of HuBERT in pre-training; torchaudio's functions have the names of the presets."""

from w2v_explore.config.published import Published

PUBLISHED = Published(names={})
"""Published weights are of the encoder, whose presets are of wav2vec 2.0."""
