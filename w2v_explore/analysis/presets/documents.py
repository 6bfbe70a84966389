"""What `identify` says, as plain data (docs/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.analysis.presets.identify import Identity, Nearest


def identity_document(identity: Identity) -> dict[str, Any]:
    """The preset that a config is nearest to."""
    config = identity.config
    return {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "origin": config.origin,
            "architecture": config.model.family.name,
            "not_counted": list(config.not_counted),
            "changes": [change._asdict() for change in config.changes],
        },
        "nearest_preset": nearest_document(identity.nearest),
    }


def nearest_document(nearest: Nearest) -> dict[str, Any]:
    """The preset, all that the config equals, and the fields that differ."""
    return {
        "name": nearest.preset,
        "equals": list(nearest.equals),
        "differences": {
            field: {"config": own, "preset": preset} for field, (own, preset) in nearest.differences.items()
        },
    }
