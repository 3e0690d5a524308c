"""The normal form of code: its syntax tree as a text that formatting, comments and words do not change."""

import ast
import hashlib
from functools import cache

from vspair.provenance.code.wording import counted

# Fields that say nothing about behaviour or that differ between Python 3.11, 3.12 and 3.13 for the same source.
_IGNORED = {"ctx", "kind", "type_comment", "type_ignores", "type_params"}


def normal(node: object, *, words: bool = False) -> str:
    """Text of a syntax tree without positions, empty fields and fields of one Python version only.

    Args:
        node: a node, a list of nodes, or a value inside a node.
        words: whether docstrings, error texts, log lines and descriptions stay in it.
    """
    kind = type(node)
    if kind is list:
        return f"[{', '.join([normal(item, words=words) for item in node])}]"
    if not isinstance(node, ast.AST):
        # `ascii` and not `repr`: which characters `repr` escapes depends on the Unicode tables of the Python version.
        return ascii(node)
    fields = []
    for name in _fields(kind):
        value = getattr(node, name, None)
        if type(value) is list:
            value = value if words else counted(node, name, value)
            if kind is ast.JoinedStr:
                # Python 3.12 ends `{x:<{width}}` with an empty text, 3.11 and 3.13 do not.
                value = [item for item in value if getattr(item, "value", None) != ""]
            value = value or None
        if value is not None:
            fields.append(f"{name}={normal(value, words=words)}")
    return f"{kind.__name__}({', '.join(fields)})"


@cache
def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in _IGNORED)


def digest(text: str) -> str:
    """SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
