"""A field is missing.

What it does
    Checks that all fields of the architecture are stated, in the file or in one that it extends. More than three that
    are missing are one problem. The one below lacks aux_num_out.
Why is this bad
    No field has a default: wav2vec2_model() raises a TypeError for each one left out. To state only what differs from a
    known model, extend it.
Example
    extractor_mode: group_norm
    extractor_conv_layer_config: null
    extractor_conv_bias: false
    encoder_embed_dim: 768
    encoder_projection_dropout: 0.1
    encoder_pos_conv_kernel: 128
    encoder_pos_conv_groups: 16
    encoder_num_layers: 6
    encoder_num_heads: 12
    encoder_attention_dropout: 0.1
    encoder_ff_interm_features: 3072
    encoder_ff_interm_dropout: 0.1
    encoder_dropout: 0.1
    encoder_layer_norm_first: false
    encoder_layer_drop: 0.1
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import MISSING_KEY as RULE

__all__ = ["RULE"]

TORCH = "building raises"
