"""What the help of each command says beside its options: the command in a line, examples, and the page to read on.

A test runs every example, in a folder with a config ``my.yaml``, a ``config.json`` of Hugging Face's, weights
``model.safetensors``, a saved summary ``base.json`` and ``configs/slim.yaml``, in a repository with ``origin/main``.
"""

from typing import NamedTuple


class Example(NamedTuple):
    """A command line, and what it answers."""

    answers: str
    command: str


class Guide(NamedTuple):
    """What the help of a command says beside its options.

    Attributes:
        brief: What it is for, in a line of a list of commands.
        page: The page of docs/ to read on.
        examples: Command lines that run as they stand.
    """

    brief: str
    page: str
    examples: tuple[Example, ...]


GUIDES = {
    "": Guide(
        "What a wav2vec 2.0 config costs and does, before anyone trains it",
        "tutorial.md",
        (
            Example("What a published model costs", "w2v-explore summary base"),
            Example("What an edit changes", "w2v-explore compare base --variant 'encoder_num_layers: 6'"),
            Example("Whether configs are sound", "w2v-explore lint configs"),
        ),
    ),
    "summary": Guide(
        "Parameters, MACs, memory, receptive field and latency",
        "numbers.md",
        (
            Example("A model with other values in some fields", "w2v-explore summary base --set encoder_num_layers=6"),
            Example("Another workload", "w2v-explore summary my.yaml --seconds 30 --batch 8 --dtype bfloat16"),
            Example("With latency", "w2v-explore summary my.yaml --device cpu --runs 3"),
            Example("Fail where it grew", "w2v-explore summary my.yaml --baseline base.json --fail-if 'macs > +5%'"),
        ),
    ),
    "compare": Guide(
        "What differs between configs, and which field makes it",
        "numbers.md",
        (
            Example("A config against a published model", "w2v-explore compare base my.yaml"),
            Example("A config against an edit of it", "w2v-explore compare my.yaml --variant 'encoder_num_layers: 1'"),
            Example("What a branch changes", "w2v-explore compare --changed-since origin/main --format markdown"),
        ),
    ),
    "memory": Guide(
        "Memory of inference and of training, and what fits",
        "memory.md",
        (
            Example("What a training step takes", "w2v-explore memory my.yaml --seconds 15 --batch 8"),
            Example("Whether it fits, and what makes it fit", "w2v-explore memory my.yaml --fit 24GiB --checkpointing"),
            Example("With low-rank adapters alone", "w2v-explore memory base --lora r=16:q_proj,v_proj"),
        ),
    ),
    "plan": Guide(
        "Memory of each device, hours and cost of a training",
        "plan.md",
        (
            Example("A published recipe on 8 cards", "w2v-explore plan base --card a100-80gb --devices 8 --price 1.80"),
            Example("Which cards are known", "w2v-explore plan --cards"),
        ),
    ),
    "explain": Guide(
        "What a field does, its names elsewhere and its usual values",
        "config.md",
        (
            Example("A field", "w2v-explore explain encoder_pos_conv_groups"),
            Example("By another program's name", "w2v-explore explain num_hidden_layers"),
        ),
    ),
    "identify": Guide(
        "Which preset a config equals or is nearest to",
        "dialects.md",
        (
            Example("Another program's config", "w2v-explore identify config.json"),
            Example("A model with an edit", "w2v-explore identify hubert_base --set encoder_dropout=0.0"),
        ),
    ),
    "presets": Guide(
        "The published models that come with the program",
        "tutorial.md",
        (
            Example("Small ones of a published group", "w2v-explore presets --family HuBERT --max-parameters 100M"),
            Example("A config to start from", "w2v-explore presets show base"),
        ),
    ),
    "presets show": Guide(
        "A preset's YAML, to start a config from",
        "config.md",
        (
            Example("What differs from the preset that it extends", "w2v-explore presets show mms_300m"),
            Example("All of its fields", "w2v-explore presets show mms_300m --resolved"),
        ),
    ),
    "sensitivity": Guide(
        "What one step up and one down in each field does",
        "search.md",
        (
            Example("All fields", "w2v-explore sensitivity my.yaml"),
            Example("What moves MACs most", "w2v-explore sensitivity base --sort macs --figure macs"),
        ),
    ),
    "sweep": Guide(
        "The figures at every combination of values of some fields",
        "search.md",
        (
            Example("A field through a range", "w2v-explore sweep base --field encoder_num_layers=2..24:2"),
            Example("A figure alone", "w2v-explore sweep base --field encoder_embed_dim=512,768 --figure macs"),
        ),
    ),
    "search": Guide(
        "Designs that reach a target, or are best under limits",
        "search.md",
        (
            Example(
                "The edits that reach a target",
                "w2v-explore search base --free encoder_num_layers --target 'macs -20%'",
            ),
            Example(
                "The first by a figure",
                "w2v-explore search base --free encoder_num_layers --minimize macs --top 3",
            ),
        ),
    ),
    "latency": Guide(
        "How long a forward pass takes, layer by layer",
        "latency.md",
        (
            Example("At one duration", "w2v-explore latency my.yaml --seconds 1 --runs 3"),
            Example("At several", "w2v-explore latency my.yaml --seconds 1,2 --runs 3 --plot curve.svg"),
        ),
    ),
    "calibrate": Guide(
        "Measure a device once, to predict latency on it",
        "roofline.md",
        (Example("The CPU, for `summary --predict`", "w2v-explore calibrate"),),
    ),
    "verify": Guide(
        "Hold the numbers against torch and fvcore",
        "accuracy.md",
        (Example("A config", "w2v-explore verify my.yaml"),),
    ),
    "convert": Guide(
        "Write a config as another program words it",
        "dialects.md",
        (
            Example("fairseq's", "w2v-explore convert config.json --to fairseq"),
            Example("Ours, into a file", "w2v-explore convert config.json --to w2v --output ours.yaml"),
        ),
    ),
    "inspect": Guide(
        "What is in a file of weights",
        "checkpoints.md",
        (Example("Its tensors and its config", "w2v-explore inspect model.safetensors"),),
    ),
    "check": Guide(
        "Whether weights fit a config",
        "checkpoints.md",
        (Example("A checkpoint", "w2v-explore check model.safetensors my.yaml"),),
    ),
    "export": Guide(
        "Write a model for another program, as ONNX",
        "weights.md",
        (
            Example("ONNX", "w2v-explore export my.yaml --to onnx"),
            Example(
                "A folder for transformers", "w2v-explore export model.safetensors --to huggingface --output model"
            ),
        ),
    ),
    "lint": Guide(
        "Mistakes that torch accepts silently, or fails on late",
        "ci.md",
        (
            Example("A folder", "w2v-explore lint configs"),
            Example("With advice", "w2v-explore lint configs --select E,W,A"),
            Example(
                "Two formats, one into a file",
                "w2v-explore lint configs --format sarif --output lint.sarif --format text",
            ),
        ),
    ),
    "rule": Guide(
        "What a rule of the linter checks, and what to write instead",
        "rules/README.md",
        (Example("A rule", "w2v-explore rule E234"), Example("All rules", "w2v-explore rule --all")),
    ),
    "schema": Guide(
        "The JSON Schema of a config, for editors",
        "config.md",
        (
            Example("To standard output", "w2v-explore schema"),
            Example("For the editor, named in a config", "w2v-explore schema --write configs/slim.yaml"),
        ),
    ),
    "help": Guide(
        "The help of the program or of a command",
        "commands.md",
        (
            Example("Of a command", "w2v-explore help summary"),
            Example("Below another", "w2v-explore help presets show"),
        ),
    ),
}
"""By the words of the command behind the program's name."""
