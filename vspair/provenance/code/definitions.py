"""One definition of a file: the digest of its normal form, and the names that it uses."""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from vspair.provenance.code.syntax import digest, normal
from vspair.provenance.code.wording import counted, left_out

IMPORTS = (ast.Import, ast.ImportFrom)

_WORD = re.compile(r"[^\W\d]\w*")

Chain = tuple[str, ...]


@dataclass(frozen=True)
class Binding:
    """A name bound by an import: `name` of `module` (the module itself when `name` is None), `level` dots up.

    `loaded` is the module that the statement loads: `a.b` for `import a.b`, though that binds `a`.
    """

    local: str
    module: str
    name: str | None
    level: int
    loaded: str


@dataclass(frozen=True)
class Uses:
    """What some nodes ask for, words apart.

    Attributes:
        chains: every name read, with the attributes asked of it: `m.f.g` gives ("m", "f", "g").
        imports: what the imports among the nodes, at any depth, bind.
        mentions: every identifier, also of attributes, arguments and keywords, and every word of a text.
    """

    chains: frozenset[Chain]
    imports: tuple[Binding, ...]
    mentions: frozenset[str]


class Definition:
    """Some statements; each property is worked out when it is first asked for, as a job reaches few of a file."""

    def __init__(self, statements: Sequence[ast.stmt] = ()) -> None:
        self.statements = statements

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the normal form."""
        return digest("\n".join(normal(statement) for statement in counted(None, "body", list(self.statements))))

    @cached_property
    def uses(self) -> Uses:
        """The names that it uses."""
        return uses(self.statements)

    @cached_property
    def words(self) -> str:
        """Its docstrings, error texts, log lines and descriptions in the order of the source; empty without any."""
        return "\n".join(normal(part, words=True) for part in left_out(self.statements))


def uses(nodes: Iterable[ast.AST]) -> Uses:
    """Names, imports and mentions below some nodes."""
    chains: set[Chain] = set()
    imports: list[Binding] = []
    mentions: set[str] = set()
    waiting = counted(None, "body", list(nodes))
    while waiting:
        node = waiting.pop()
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        mentions.update(attributes)
        if isinstance(node, ast.Name):
            mentions.add(node.id)
            if attributes or isinstance(node.ctx, ast.Load):
                chains.add((node.id, *reversed(attributes)))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                mentions.update(_WORD.findall(node.value))
        elif isinstance(node, IMPORTS):
            imports += bindings(node)
        else:
            if isinstance(node, ast.Global):
                chains.update((name,) for name in node.names)
            _descend(node, waiting, mentions)
    return Uses(frozenset(chains), tuple(imports), frozenset(mentions))


def _descend(node: ast.AST, waiting: list[ast.AST], mentions: set[str]) -> None:
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            waiting.append(value)
        elif isinstance(value, str):
            mentions.add(value)
        elif isinstance(value, list):
            for item in counted(node, name, value):
                if isinstance(item, ast.AST):
                    waiting.append(item)
                elif isinstance(item, str):
                    mentions.add(item)


def bindings(node: ast.Import | ast.ImportFrom) -> list[Binding]:
    """What one import statement binds."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [Binding(item.asname or item.name, module, item.name, node.level, module) for item in node.names]
    # `import a.b` binds `a` and leaves `.b` to the attribute chain; `import a.b as c` binds the module `a.b`.
    first = [(item.asname or item.name.split(".")[0], item) for item in node.names]
    return [Binding(local, item.name if item.asname else local, None, 0, item.name) for local, item in first]
