"""What the program replaces: a minimal torchinfo script on the base model, with one second of audio."""

import torchinfo

from tests.torchaudio_models import import_torchaudio_models

torchinfo.summary(import_torchaudio_models().wav2vec2_base(), input_size=(1, 16_000), depth=4, device="cpu")
