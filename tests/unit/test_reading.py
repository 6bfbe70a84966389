"""Reading a config: each input showed a defect of the reader once."""

import pytest

from w2v_explore.config.document import parse_document
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import Source

CONV = "extractor_conv_layer_config"


def problems(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    found = read_config(parse_document(Source("c.yaml", content))).problems
    return [f"{problem.place.line}:{problem.place.column} {problem.rule.code}" for problem in found]


@pytest.mark.parametrize(
    "value", [f'"[(0x{"f" * 3900}, 1, 1)]"', f"[(512, 0x{'f' * 4900}, 1)]", '"1if 1else 2"', '"[(True, 3, 2)]"']
)
def test_expressions_that_only_python_reads(value: str) -> None:
    codes = {problem.split()[1] for problem in problems(f"extends: base\n{CONV}: {value}\n")}
    assert codes == {"E222"}


def test_a_long_number_of_base_60() -> None:
    assert problems(f"extends: base\nencoder_num_layers: 1{':1' * 100_000}\n") == ["2:21 E210"]


def test_a_bad_byte_after_a_byte_order_mark() -> None:
    assert problems(b"\xef\xbb\xbfextends: base\nname: \xe9\n") == ["2:7 E101"]


def test_a_comment_with_a_star_is_no_alias() -> None:
    assert problems(f"# 2 * 3\nextends: base\n{CONV}: [{'[1, 1, 1], ' * 8_000}]\n") == ["3:30 E222"]


def test_a_duplicate_key_hides_no_missing_one() -> None:
    found = problems("name: a\nname: b\n")
    assert found.count("1:1 E201") == 1
    assert "2:1 E104" in found


def test_thousands_of_unknown_keys_are_named_up_to_a_point() -> None:
    text = "extends: base\n" + "".join(f"key_{number}: 1\n" for number in range(20_000))
    assert len(problems(text)) == 1_000
