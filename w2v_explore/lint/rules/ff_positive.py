"""The feed-forward block has no features.

What it does
    Checks that encoder_ff_interm_features is at least 1.
Why is this bad
    With 0, each feed-forward block puts out its bias, whatever goes in. The model builds, runs and trains; in base,
    56.7 M of 94.4 M parameters are gone. A negative number raises on building.
Example
    extends: base
    encoder_ff_interm_features: 0
Use instead
    extends: base
    encoder_ff_interm_features: 3072
"""

from w2v_explore.config.codes import FF_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "accepts"
