"""What a model is given: waveforms, or features that a filterbank makes of them."""

from typing import Any, NamedTuple

from w2v_explore.tree.operations import Flow, Shape


class Waveforms(NamedTuple):
    """Samples, ``(batch, samples)``.

    Attributes:
        frames_at: The path of the module whose output's frames are the model's.
    """

    frames_at: str

    def shape(self, batch: int, samples: int) -> Shape:
        """The shape of the tensor that a model is given for utterances of some samples."""
        return batch, samples

    def to_dict(self, batch: int, samples: int) -> dict[str, Any]:
        """What a model is given for utterances of some samples (docs/json.md), as plain data."""
        return {"kind": "waveforms", "shape": list(self.shape(batch, samples))}

    def flow(self, samples: int) -> Flow:
        """What the model takes of an utterance of some samples."""
        return Flow(samples, 1)

    def samples(self, frames: int) -> int:
        """The fewest samples that give some frames of it."""
        return frames

    @property
    def field_samples(self) -> int:
        """The samples that a frame of it sees."""
        return 1

    @property
    def stride_samples(self) -> int:
        """The samples between the starts of two frames of it."""
        return 1


class Features(NamedTuple):
    """What a filterbank outside the model makes, ``(batch, frames, channels)``: it has no module, and counts no MACs.

    Attributes:
        frames_at: The path of the module whose output's frames are the model's.
        channels: Of a frame.
        window_samples: What the filterbank sees at once.
        hop_samples: From one window to the next.
        joined: How many windows make one frame; windows that are too few for a last frame are left out.
    """

    frames_at: str
    channels: int
    window_samples: int
    hop_samples: int
    joined: int = 1

    def shape(self, batch: int, samples: int) -> Shape:
        """The shape of the tensor that a model is given for utterances of some samples."""
        return self.flow(samples).shape(batch, channels_first=False)

    def to_dict(self, batch: int, samples: int) -> dict[str, Any]:
        """What a model is given for utterances of some samples (docs/json.md), as plain data."""
        return {
            "kind": "features",
            "shape": list(self.shape(batch, samples)),
            "window_samples": self.window_samples,
            "hop_samples": self.hop_samples,
            "joined": self.joined,
        }

    def flow(self, samples: int) -> Flow:
        """What the model takes of an utterance of some samples."""
        windows = (samples - self.window_samples) // self.hop_samples + 1
        return Flow(windows // self.joined, self.channels)

    def samples(self, frames: int) -> int:
        """The fewest samples that give some frames of it."""
        return self.window_samples + (frames * self.joined - 1) * self.hop_samples

    @property
    def field_samples(self) -> int:
        """The samples that a frame of it sees."""
        return self.samples(1)

    @property
    def stride_samples(self) -> int:
        """The samples between the starts of two frames of it."""
        return self.joined * self.hop_samples
