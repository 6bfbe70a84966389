"""Which preset of its family a config equals, or is nearest to.

Two configs are the nearer the fewer fields they differ in: first those of the architecture, then the dropouts,
which change no weight and no output in evaluation; then the nearer their parameter counts are in proportion.
Convolutions are compared by meaning: null and the standard seven are equal. A config for audio at another sample rate
than the presets' equals none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from operator import and_, ne
from typing import Any, NamedTuple

from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import ConvLayers, Probability, meaning
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.version import SCHEMA_VERSION

PRESETS_SAMPLE_RATE = 16_000


class Nearest(NamedTuple):
    """The preset that a config is nearest to.

    Attributes:
        preset: Its name.
        equals: All presets with the same values and sample rate; none where something is not counted.
        differences: The fields that differ, ``sample_rate`` among them: the config's value and the preset's.
        not_counted: The fields that are not known here, by which it may differ too.
    """

    preset: str
    equals: tuple[str, ...]
    differences: dict[str, tuple[Any, Any]]
    not_counted: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object ``nearest_preset`` in JSON (docs/json.md), as plain data."""
        return {
            "name": self.preset,
            "equals": list(self.equals),
            "differences": {
                field: {"config": own, "preset": preset} for field, (own, preset) in self.differences.items()
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Identity:
    """Which preset a config is.

    Attributes:
        config: The config.
        nearest: The preset that it equals or is nearest to.
    """

    config: Config
    nearest: Nearest

    def __repr__(self) -> str:
        nearest = self.nearest
        found = f"equal to {', '.join(nearest.equals)}" if nearest.equals else f"nearest to {nearest.preset}"
        differing = f", unlike it in {', '.join(nearest.differences)}" if nearest.differences else ""
        return f"<Identity of {self.config.name!r}: {found}{differing}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``identify`` (docs/json.md), as plain data."""
        config = self.config
        return {
            "schema_version": SCHEMA_VERSION,
            "config": {
                "name": config.name,
                "origin": config.origin,
                "architecture": config.model.family.name,
                "not_counted": list(config.not_counted),
                "changes": [change._asdict() for change in config.changes],
            },
            "nearest_preset": self.nearest.to_dict(),
        }


def identify(config: ConfigLike) -> Identity:
    """Find the preset that a config equals or is nearest to.

    Args:
        config: As in `analyze`.

    Raises:
        TypeError: It is none.
    """
    loaded = as_config(config)
    return Identity(config=loaded, nearest=nearest_preset(loaded.model, loaded.not_counted, loaded.sample_rate))


def nearest_preset(
    model: ModelConfig,
    not_counted: tuple[str, ...] = (),
    sample_rate: int = PRESETS_SAMPLE_RATE,
    *,
    parameters: int | None = None,
) -> Nearest:
    """The preset that a config equals or is nearest to; of several as near, the first by name.

    Args:
        model: The config.
        not_counted: As in `w2v_explore.config.load.Config`: a config that has such fields equals none.
        sample_rate: Of the audio that it is meant for: a config at another rate than the presets' equals none.
        parameters: Elements of the model's parameters, where they are known already.
    """
    presets: Mapping[str, Sequence[Any]] = model.family.part("preset_values").PRESET_VALUES
    kinds = [field.kind for field in model.FIELDS.values()]
    if parameters is None:
        parameters = build_architecture(model).parameters
    own = list(model.meaning().values())
    # All other values are their own meaning.
    convolutions = [place for place, kind in enumerate(kinds) if isinstance(kind, ConvLayers)]
    are_dropouts = [isinstance(kind, Probability) for kind in kinds]

    def differ(values: Sequence[Any]) -> list[bool]:
        differs = list(map(ne, own, values))
        for place in convolutions:
            differs[place] = differs[place] and own[place] != meaning(values[place], kinds[place])
        return differs

    def distance(name: str) -> tuple[int, int, float, str]:
        preset_parameters, *preset = presets[name]
        differs = differ(preset)
        dropouts = sum(map(and_, differs, are_dropouts))
        return sum(differs) - dropouts, dropouts, abs(log(parameters / preset_parameters)), name

    distances = sorted(map(distance, presets))
    equals = tuple(name for fields, dropouts, _, name in distances if not (fields or dropouts or not_counted))
    nearest = distances[0][-1]
    _, *preset = presets[nearest]
    differences = {
        field: (value, theirs)
        for (field, value), theirs, is_other in zip(model.to_mapping().items(), preset, differ(preset), strict=True)
        if is_other
    }
    if sample_rate != PRESETS_SAMPLE_RATE:
        equals, differences = (), {**differences, "sample_rate": (sample_rate, PRESETS_SAMPLE_RATE)}
    return Nearest(nearest, equals, differences, not_counted)
