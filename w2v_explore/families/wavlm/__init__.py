"""WavLM (Chen et al. 2022): wav2vec 2.0 whose attention has a gated bias by distance, made once for all layers."""
