"""The labels of fairseq's pre-training do not come as often as frames do.

What it does
    Holds label_rate of a fairseq config, in labels per second, against the frames per second that the strides make of
    audio at its sample rate.
Why is this bad
    fairseq takes the label of each frame by the ratio of the two rates, and says nothing where they differ: with a
    forgotten stride or sample rate the labels drift away from the frames. Labels at a multiple of the rate, as the
    first iteration of HuBERT has them, are meant; ignore the rule there.
Example
    task:
      label_rate: 100
    model:
      _name: hubert
      encoder_layers: 12
Use instead
    task:
      label_rate: 50
    model:
      _name: hubert
      encoder_layers: 12
"""

from w2v_explore.config.codes import LABEL_RATE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"
