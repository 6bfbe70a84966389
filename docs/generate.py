"""Writes what docs/ has of the code: ``python docs/generate.py``. A test holds the two in step.

docs/config.md comes from the table of fields, docs/rules/ from the docstrings of the linter's rules.
"""

from __future__ import annotations

from pathlib import Path

from w2v_explore.config.load import DEFAULT_SAMPLE_RATE, TEXT_METADATA
from w2v_explore.config.schema import FIELDS
from w2v_explore.lint.page import Page, load_pages, page_markdown
from w2v_explore.report.catalogue import legal_values

_HEAD = """\
# Config reference

<!-- Made by `python docs/generate.py`. Change w2v_explore/config/schema.py instead. -->

A config is a YAML mapping. Its keys are the 16 arguments of `torchaudio.models.wav2vec2_model`, so that
`wav2vec2_model(**yaml.safe_load(text))` works on a file that states all of them and nothing else. Beside them it may
hold `extends` and metadata.

Wherever a command takes a config, it takes a path, a preset's name (`base` or `base.yaml`; a file of that name wins),
or `-` for standard input. `--set field=value`, repeatable, overrides a field and is checked like the file.

What is wrong is reported all at once, each problem as `path:line:column: error CODE name: what was found; what to
write`. A file may have 512 KiB and nest 64 levels; YAML's merge keys and tags of one's own are refused.

## extends

`extends: <preset or path>` names the config that holds for every field that this one does not state. A path is
relative to the file that says it; a chain of `extends` is followed to its end. Without `extends` all 16 fields are
required. From the base come the 16 fields, `family` and `sample_rate`; the other metadata describe one file alone.

## Metadata

| key | meaning |
| :--- | :--- |
"""


def config_reference() -> str:
    """The text of docs/config.md."""
    lines = [f"| `{key}` | {meaning} |" for key, meaning in TEXT_METADATA.items()]
    lines.append(f"| `sample_rate` | Samples per second of the audio it is for; {DEFAULT_SAMPLE_RATE} by default. |")
    lines.append("| `budgets` | Limits on the figures of the config, which the linter checks ([docs/ci.md](ci.md)). |")
    lines += ["", "## Fields"]
    for name, field in FIELDS.items():
        lines += [
            "",
            f"### {name}",
            "",
            field.summary,
            "",
            field.effect,
            "",
            f"- legal: {legal_values(field)}",
            f"- fairseq: `{field.fairseq}`",
            f"- Hugging Face: `{field.huggingface}`",
        ]
    return _HEAD + "\n".join(lines) + "\n"


def generated_pages() -> dict[str, str]:
    """The text of every page that is made here, by its path in docs/."""
    pages = load_pages()
    index = ["# Rules", "", "<!-- Made by `python docs/generate.py`. -->", ""]
    index += ["| code | name | severity | what is wrong |", "| :--- | :--- | :--- | :--- |"]
    for page in pages:
        rule = page.rule
        index.append(f"| [{rule.code}]({_file_name(page)}) | {rule.name} | {rule.severity} | {page.title} |")
    rules = {f"rules/{_file_name(page)}": page_markdown(page) for page in pages}
    return {"config.md": config_reference(), "rules/README.md": "\n".join(index) + "\n", **rules}


def _file_name(page: Page) -> str:
    return f"{page.rule.code}-{page.rule.name}.md"


if __name__ == "__main__":
    folder = Path(__file__).parent
    for path, text in generated_pages().items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
