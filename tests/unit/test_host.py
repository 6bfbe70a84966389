"""What is known of this machine without torch, held against what torch says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from w2v_explore import MissingExtraError, host
from w2v_explore.model.device import device_name


def test_torchs_version_is_what_torch_says() -> None:
    assert host.torch_version() == torch.__version__


def test_without_torch_the_message_names_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="a calibration needs torch, which is not installed: run pip install"):
        host.torch_version()


def test_the_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(host, "_CPU_INFO", info)
    assert host.cpu_name() is None
    assert device_name(torch.device("cpu")).startswith("cpu (")
    info.write_text("processor\t: 0\nmodel name\t: Abacus 2\nprocessor\t: 1\nmodel name\t: Abacus 2\n")
    assert host.cpu_name() == device_name(torch.device("cpu")) == "Abacus 2"


def test_the_cache_lies_where_it_is_asked_for_or_where_the_system_keeps_such_things(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", "somewhere")
    assert host.cache_folder() == Path("somewhere")
    monkeypatch.delenv("W2V_EXPLORE_CACHE")
    assert host.cache_folder().name == "w2v-explore"
