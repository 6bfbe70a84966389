"""What YAML and JSON have in common here: how deep either may nest, the tags of nodes, and the refusal of a text."""

from w2v_explore.diagnostics import Place, Problem, Rule

MAX_DEPTH = 64
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep; a config needs three"
TAG = "tag:yaml.org,2002:"


class RejectedError(Exception):
    """The source is no YAML mapping that can be read; carries the problem."""

    def __init__(self, rule: Rule, place: Place, message: str) -> None:
        self.problem = Problem(rule=rule, place=place, key=None, message=message)
        super().__init__(message)
