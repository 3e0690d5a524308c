"""What a Python file defines, imports and does, read from its syntax tree in a normal form."""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vspair.errors import VspairError

PACKAGE = "vspair"

# Fields that say nothing about behaviour or that differ between Python 3.11, 3.12 and 3.13 for the same source.
_IGNORED = {"ctx", "kind", "type_comment", "type_ignores", "type_params"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)

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
class Definition:
    """Some statements: the digest of their normal form, the names they use, and the imports they hold."""

    digest: str
    chains: frozenset[Chain]
    imports: tuple[Binding, ...]


@dataclass(frozen=True)
class Module:
    """One parsed file.

    Attributes:
        definitions: functions, classes and assignments at the top level, by name.
        imports: names bound by imports at the top level (also inside `if` and `try`).
        loose: the statements that may have effects whenever the module is imported.
        bound: names that the loose statements bind.
        body: the whole file in its order, without its imports.
    """

    definitions: dict[str, Definition]
    imports: dict[str, tuple[Binding, ...]]
    loose: Definition
    bound: frozenset[str]
    body: Definition


def normal(node: object) -> str:
    """Text of a syntax tree without positions, docstrings, empty fields and fields of one Python version only."""
    if isinstance(node, ast.AST):
        fields = []
        for name, value in ast.iter_fields(node):
            kept = [item for item in value if not _is_text(item)] if isinstance(value, list) else value
            if name not in _IGNORED and kept is not None and kept != []:
                fields.append(f"{name}={normal(kept)}")
        return f"{type(node).__name__}({', '.join(fields)})"
    if isinstance(node, list):
        return f"[{', '.join(normal(item) for item in node)}]"
    # `ascii` and not `repr`: which characters `repr` escapes depends on the Unicode tables of the Python version.
    return ascii(node)


def digest(text: str) -> str:
    """SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=4096)
def parse(path: Path, mtime_ns: int, size: int) -> Module:
    """Parse one file; `mtime_ns` and `size` only serve to parse it anew when it has changed.

    Raises:
        VspairError: the file is not valid Python.
    """
    try:
        statements = ast.parse(path.read_bytes(), filename=path.name).body
    except (SyntaxError, ValueError) as error:
        raise VspairError(f"expected valid Python in {path}, found: {error}; mend the file") from error
    kept = [statement for statement in statements if not (_is_text(statement) or _sets_all(statement))]
    groups: dict[str, list[ast.stmt]] = {}
    bindings: list[Binding] = []
    loose: list[ast.stmt] = []
    for statement in kept:
        names = _defines(statement)
        if isinstance(statement, _IMPORTS):
            bindings += _bindings(statement)
        elif _is_type_checking(statement):
            bindings += _imports_in([statement])
        elif names:
            for name in names:
                groups.setdefault(name, []).append(statement)
        else:
            loose.append(statement)
            bindings += _imports_in([statement])
    imports: dict[str, tuple[Binding, ...]] = {}
    for binding in bindings:
        imports[binding.local] = (*imports.get(binding.local, ()), binding)
    ours = {*groups, *(item.local for item in bindings if item.level or item.module.split(".")[0] == PACKAGE)}
    loose += [item for group in groups.values() for item in group if _registers(item, ours)]
    return Module(
        definitions={name: _definition(group) for name, group in groups.items()},
        imports=imports,
        loose=_definition(loose),
        bound=frozenset(_bound(loose)),
        body=_definition([statement for statement in kept if not isinstance(statement, _IMPORTS)]),
    )


def _definition(statements: Sequence[ast.stmt]) -> Definition:
    text = "\n".join(normal(statement) for statement in statements)
    chains = frozenset(chain for statement in statements for chain in _chains(statement))
    return Definition(digest(text), chains, tuple(_imports_in(statements)))


def _chains(root: ast.AST) -> Iterator[Chain]:
    """Every name read below a node, with the attributes asked of it: `m.f.g` gives ("m", "f", "g")."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and (attributes or isinstance(node.ctx, ast.Load)):
            yield (node.id, *reversed(attributes))
        elif isinstance(node, ast.Global):
            yield from ((name,) for name in node.names)
        waiting.extend(ast.iter_child_nodes(node))


def _imports_in(statements: Sequence[ast.stmt]) -> list[Binding]:
    nodes = (node for statement in statements for node in ast.walk(statement) if isinstance(node, _IMPORTS))
    return [binding for node in nodes for binding in _bindings(node)]


def _bindings(node: ast.Import | ast.ImportFrom) -> list[Binding]:
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [Binding(item.asname or item.name, module, item.name, node.level, module) for item in node.names]
    # `import a.b` binds `a` and leaves `.b` to the attribute chain; `import a.b as c` binds the module `a.b`.
    first = [(item.asname or item.name.split(".")[0], item) for item in node.names]
    return [Binding(local, item.name if item.asname else local, None, 0, item.name) for local, item in first]


def _defines(statement: ast.stmt) -> list[str]:
    """Names of a function, class or assignment to plain names; empty for every other statement."""
    if isinstance(statement, _FUNCTIONS):
        return [statement.name]
    if isinstance(statement, ast.AnnAssign):
        return [statement.target.id] if isinstance(statement.target, ast.Name) else []
    if not isinstance(statement, ast.Assign):
        return []
    targets = list(statement.targets)
    names = []
    while targets:
        target = targets.pop()
        if isinstance(target, ast.Name):
            names.append(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            targets.extend(target.elts)
        elif isinstance(target, ast.Starred):
            targets.append(target.value)
        else:
            return []
    return names


def _bound(statements: Sequence[ast.stmt]) -> Iterator[str]:
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, _FUNCTIONS):
            yield node.name


def _registers(statement: ast.stmt, ours: set[str]) -> bool:
    """Whether a decorator of this project may enter the definition into a registry as the module is imported."""
    decorators = getattr(statement, "decorator_list", [])
    return any(chain[0] in ours for decorator in decorators for chain in _chains(decorator))


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _sets_all(statement: ast.stmt) -> bool:
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _is_type_checking(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return getattr(statement.test, "id", getattr(statement.test, "attr", None)) == "TYPE_CHECKING"
