"""Hugging Face's ``config.json``: transformers' Wav2Vec2Config and the configs of the same architecture."""

from typing import Any

import yaml

from w2v_explore.config import codes
from w2v_explore.config.dialects.ledger import KIND, Ledger, Section, conv_node, scalar
from w2v_explore.config.dialects.table import (
    CONV,
    HEAD,
    HUGGINGFACE,
    HUGGINGFACE_CONFIGS,
    HUGGINGFACE_HEADS,
    HUGGINGFACE_REFUSED,
)
from w2v_explore.config.document import plain_value
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.config.schema import MAX_CONV_LAYERS, STANDARD_CONV_LAYERS
from w2v_explore.config.validate import describe

_KINDS = {"model_type", "architectures"}
_FAMILIES = ("Wav2Vec2", "Hubert", "UniSpeechSat", "UniSpeech")


def read_huggingface(ledger: Ledger, root: Section) -> None:
    """Enter the fields of a config.json."""
    known = {name for counterpart in HUGGINGFACE.counterparts.values() for name in counterpart.names} | _KINDS
    if known.isdisjoint(root.pairs):
        message = "no field of an architecture is stated, as hidden_size, nor a model_type"
        ledger.complain_of_file(message, codes.FOREIGN_INCOMPLETE)
        return
    _check_model_type(ledger, root)
    for field, counterpart in HUGGINGFACE.counterparts.items():
        if field not in (CONV, HEAD):
            ledger.read_field(field, counterpart, root, ledger.defaults_of)
    _read_conv_layers(ledger, root)
    _read_head(ledger, root)
    ledger.account_for_rest(root, known)


def _check_model_type(ledger: Ledger, root: Section) -> None:
    if "model_type" not in root.pairs:
        return
    value = root.value("model_type")
    if isinstance(value, str) and value in HUGGINGFACE_CONFIGS:
        ledger.defaults_of = f"transformers' {HUGGINGFACE_CONFIGS[value]}"
        ledger.ignore(root, "model_type", KIND)
        return
    ledger.is_family = False
    reason = HUGGINGFACE_REFUSED.get(value) if isinstance(value, str) else None
    reason = reason or f"only {', '.join(HUGGINGFACE_CONFIGS)} have the architecture of the 16 fields"
    ledger.refuse(root, "model_type", f"model_type is {describe(value)}, which cannot be read: {reason}")


def _read_conv_layers(ledger: Ledger, root: Section) -> None:
    """Make one list of layers of three lists; each value stays where it stands."""
    names = HUGGINGFACE.counterparts[CONV].names
    stated = [name for name in names if name in root.pairs]
    if not stated:
        ledger.enter_default(CONV, root, names, None, ledger.defaults_of)
        return
    lists: dict[str, list[yaml.Node]] = {}
    for position, name in enumerate(names):
        if name not in root.pairs:
            lists[name] = [scalar(layer[position], root.start, root.start) for layer in STANDARD_CONV_LAYERS]
            continue
        node = root.pairs[name][1]
        if not isinstance(node, yaml.SequenceNode):
            message = f"{name} is {describe(plain_value(node))}; write a list of whole numbers, one for each layer"
            ledger.complain(node, name, message, codes.CONV_SHAPE)
            return
        lists[name] = node.value
    lengths = {name: len(values) for name, values in lists.items()}
    first, *others = names
    odd = next((name for name in others if lengths[name] != lengths[first]), None)
    if odd is not None:
        at = odd if odd in root.pairs else first
        message = f"{first} has {lengths[first]} values and {odd} {lengths[odd]}; write one for each layer in both"
        ledger.complain(root.pairs[at][1], at, message, codes.CONV_SHAPE)
    elif lengths[first] == 0:
        message = f"{first}, {others[0]} and {others[1]} are empty; write at least one layer"
        ledger.complain(root.pairs[stated[0]][1], stated[0], message, codes.CONV_EMPTY)
    elif lengths[first] > MAX_CONV_LAYERS:
        message = f"{first} has {lengths[first]} layers; the most allowed is {MAX_CONV_LAYERS}"
        ledger.complain(root.pairs[stated[0]][1], stated[0], message, codes.CONV_SHAPE)
    else:
        place = root.pairs[stated[0]][1]
        layers = list(zip(*lists.values(), strict=True))
        missing = [name for name in names if name not in stated]
        note = f"{' and '.join(missing)}: {ledger.defaults_of}" if missing else ""
        ledger.enter(CONV, root, names, conv_node(layers, place.start_mark, place.end_mark), note)


def _read_head(ledger: Ledger, root: Section) -> None:
    """Find the CTC head: its size counts only where the architecture has one."""
    classes = root.value("architectures")
    names = [name for name in classes if isinstance(name, str)] if isinstance(classes, list) else []
    for name in names if ledger.is_family else ():
        _check_architecture(ledger, root, name)
    if "architectures" in root.pairs:
        ledger.ignore(root, "architectures", KIND)
    if any(name.endswith("ForCTC") for name in names):
        ledger.read_field(HEAD, HUGGINGFACE.counterparts[HEAD], root, ledger.defaults_of)
        return
    note = "no *ForCTC among the architectures" if names else "no architectures are named"
    ledger.enter_default(HEAD, root, (), None, note)
    if "vocab_size" in root.pairs:
        ledger.ignore(root, "vocab_size", "counts for *ForCTC only")


def _check_architecture(ledger: Ledger, root: Section, name: str) -> None:
    family = next((family for family in _FAMILIES if name.startswith(family)), "")
    end = name.removeprefix(family)
    if not family or end not in HUGGINGFACE_HEADS:
        ledger.warn(
            root, "architectures", f"{name} is no class of transformers known here; what it adds is not counted"
        )
    elif HUGGINGFACE_HEADS[end] is not None:
        ledger.warn(root, "architectures", f"{name}: {HUGGINGFACE_HEADS[end]}")


def to_huggingface(model: ModelConfig) -> dict[str, Any]:
    """The ``config.json`` of a model, as plain data.

    Null convolutions are left to transformers' default, which is the same seven. transformers builds a model with
    exactly the parameters of ours from it: masking is off, since a model that masks has one vector more, and so is the
    dropout before the head, which the model here has not.
    """
    values = model.to_mapping()
    config: dict[str, Any] = {
        "architectures": ["Wav2Vec2Model" if values[HEAD] is None else "Wav2Vec2ForCTC"],
        "model_type": "wav2vec2",
    }
    for field, counterpart in HUGGINGFACE.counterparts.items():
        value = values[field]
        if field == CONV:
            if value is not None:
                for position, name in enumerate(counterpart.names):
                    config[name] = [layer[position] for layer in value]
        elif field != HEAD or value is not None:
            ours_to_theirs = {ours: theirs for theirs, ours in counterpart.words.items()}
            config[counterpart.names[0]] = ours_to_theirs.get(value, value)
    return config | {
        "hidden_act": "gelu",
        "feat_extract_activation": "gelu",
        "layer_norm_eps": 1e-5,
        "final_dropout": 0.0,
        "apply_spec_augment": False,
        "mask_time_prob": 0.0,
        "mask_feature_prob": 0.0,
    }
