"""Which preset of its family a config equals, or is nearest to.

Two configs are the nearer the fewer fields they differ in: first those of the architecture, then the dropouts, which
change no weight and no output in evaluation; then the nearer their parameter counts are in proportion. Of presets whose
architecture is as near, and that differ at all, those of the published group that the file names come first.
Convolutions are compared by meaning: null and the standard seven are equal. A config for audio at another sample rate
than the presets' equals none of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log
from operator import and_, ne
from typing import Any, NamedTuple

from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.family import FAMILIES
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
        dropouts: Which of the fields that differ are dropouts.
        same_architecture: All presets that differ in dropouts alone, if in anything, the nearest first; none where
            something is not counted.
        not_counted: The fields that are not known here, by which it may differ too.
    """

    preset: str
    equals: tuple[str, ...]
    differences: dict[str, tuple[Any, Any]]
    dropouts: tuple[str, ...] = ()
    same_architecture: tuple[str, ...] = ()
    not_counted: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object ``nearest_preset`` in JSON (docs/json.md), as plain data."""
        return {
            "name": self.preset,
            "equals": list(self.equals),
            "differences": {
                field: {"config": own, "preset": preset} for field, (own, preset) in self.differences.items()
            },
            "dropouts": list(self.dropouts),
            "same_architecture": list(self.same_architecture),
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
    return Identity(config=loaded, nearest=nearest_preset(loaded))


def nearest_preset(config: Config, *, parameters: int | None = None) -> Nearest:
    """The preset that a config equals or is nearest to.

    Of several as near it is the one that was changed, then one that is called as the group that the file names, then
    the first by name. A config that has fields that are not counted, or is meant for audio at another rate than the
    presets', equals none.

    Args:
        config: The config.
        parameters: Elements of the model's parameters, where they are known already.
    """
    model, not_counted = config.model, config.not_counted
    table = model.family.part("preset_values")
    presets: Mapping[str, Sequence[Any]] = table.PRESET_VALUES
    kinds = [field.kind for field in model.FIELDS.values()]
    if parameters is None:
        parameters = build_architecture(model).parameters
    own = list(model.meaning().values())
    groups: Mapping[str, str] = table.PRESET_GROUPS
    own_groups = _own_groups(config, {*groups.values()})
    # All other values are their own meaning.
    convolutions = [place for place, kind in enumerate(kinds) if isinstance(kind, ConvLayers)]
    are_dropouts = [isinstance(kind, Probability) for kind in kinds]

    def differ(values: Sequence[Any]) -> list[bool]:
        differs = list(map(ne, own, values))
        for place in convolutions:
            differs[place] = differs[place] and own[place] != meaning(values[place], kinds[place])
        return differs

    def distance(name: str) -> tuple[int, bool, bool, int, float, bool, bool, str]:
        preset_parameters, *preset = presets[name]
        differs = differ(preset)
        dropouts = sum(map(and_, differs, are_dropouts))
        is_other = groups[name] not in own_groups
        size = abs(log(parameters / preset_parameters))
        is_another = config.origin != f"preset {name}"
        # Of a group that the file names, the presets that are named after it.
        is_no_namesake = len(own_groups) == 1 and not is_other and not _begun(name, (groups[name],))
        return sum(differs) - dropouts, any(differs), is_other, dropouts, size, is_another, is_no_namesake, name

    distances = sorted(map(distance, presets))
    same = () if not_counted else tuple(name for fields, *_, name in distances if not fields)
    equals = () if not_counted else tuple(name for _, is_unequal, *_, name in distances if not is_unequal)
    nearest = distances[0][-1]
    _, *preset = presets[nearest]
    differs = differ(preset)
    differences = {
        field: (value, theirs)
        for (field, value), theirs, is_other in zip(model.to_mapping().items(), preset, differs, strict=True)
        if is_other
    }
    dropouts = tuple(
        name for name, is_one in zip(model.FIELDS, map(and_, differs, are_dropouts), strict=True) if is_one
    )
    if config.sample_rate != PRESETS_SAMPLE_RATE:
        equals, differences = (), {**differences, "sample_rate": (config.sample_rate, PRESETS_SAMPLE_RATE)}
    return Nearest(nearest, equals, differences, dropouts, same, not_counted)


def _own_groups(config: Config, groups: Collection[str]) -> Collection[str]:
    """The published groups that a file names, by its ``family`` or by another program's word; all where it names none.

    A word of Hugging Face's begins the names of the groups that it means, and one in fairseq begins with it: ``hubert``
    means HuBERT, and so does ``hubert_ctc``. The family's first word means all other groups.
    """
    if config.family is not None:
        return [group for group in groups if group.casefold() == config.family.casefold()] or groups
    if config.called is None:
        return groups
    words = FAMILIES[config.model.family.name].huggingface
    called = _begun(config.called, words)
    return [group for group in groups if (_begun(group, words) or words[0]) == called] if called else groups


def _begun(name: str, words: Sequence[str]) -> str | None:
    """The longest of some words with which a name begins, but for case and signs; None where it begins with none."""
    begun = [word for word in words if _letters(name).startswith(_letters(word))]
    return max(begun, key=len, default=None)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
