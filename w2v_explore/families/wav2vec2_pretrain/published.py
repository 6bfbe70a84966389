"""What others call the models of wav2vec 2.0 in pre-training: their names mean the encoder, whose presets have them."""

from w2v_explore.config.published import Published

PUBLISHED = Published(names={})
