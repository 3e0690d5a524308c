"""What a Python file defines, imports and does, read from its syntax tree in a normal form."""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
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


class Definition:
    """Some statements: the digest of their normal form, the names they use, and the imports they hold.

    Each is worked out when it is first asked for, because a job reaches few of the definitions of a file.
    """

    def __init__(self, statements: Sequence[ast.stmt] = ()) -> None:
        self.statements = statements

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the normal form."""
        return digest("\n".join(normal(statement) for statement in self.statements))

    @property
    def chains(self) -> frozenset[Chain]:
        """Every name read, with the attributes asked of it: `m.f.g` gives ("m", "f", "g")."""
        return self._uses[0]

    @property
    def imports(self) -> tuple[Binding, ...]:
        """What the imports among the statements, at any depth, bind."""
        return self._uses[1]

    @cached_property
    def _uses(self) -> tuple[frozenset[Chain], tuple[Binding, ...]]:
        return _uses(self.statements)


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
    kind = type(node)
    if kind is list:
        return f"[{', '.join([normal(item) for item in node])}]"
    if not isinstance(node, ast.AST):
        # `ascii` and not `repr`: which characters `repr` escapes depends on the Unicode tables of the Python version.
        return ascii(node)
    fields = []
    for name in _fields(kind):
        value = getattr(node, name, None)
        if type(value) is list:
            value = [item for item in value if not _is_text(item)] or None
        if value is not None:
            fields.append(f"{name}={normal(value)}")
    return f"{kind.__name__}({', '.join(fields)})"


@cache
def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in _IGNORED)


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
            bindings += _uses([statement])[1]
        elif names:
            for name in names:
                groups.setdefault(name, []).append(statement)
        else:
            loose.append(statement)
            bindings += _uses([statement])[1]
    imports: dict[str, tuple[Binding, ...]] = {}
    for binding in bindings:
        imports[binding.local] = (*imports.get(binding.local, ()), binding)
    ours = {*groups, *(item.local for item in bindings if item.level or item.module.split(".")[0] == PACKAGE)}
    loose += [item for group in groups.values() for item in group if _registers(item, ours)]
    return Module(
        definitions={name: Definition(group) for name, group in groups.items()},
        imports=imports,
        loose=Definition(loose),
        bound=frozenset(_bound(loose)),
        body=Definition([statement for statement in kept if not isinstance(statement, _IMPORTS)]),
    )


def _uses(statements: Iterable[ast.AST]) -> tuple[frozenset[Chain], tuple[Binding, ...]]:
    """Every name read below some nodes, with the attributes asked of it, and what imports there bind."""
    chains: set[Chain] = set()
    imports: list[Binding] = []
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            if attributes or isinstance(node.ctx, ast.Load):
                chains.add((node.id, *reversed(attributes)))
            continue
        if isinstance(node, ast.Global):
            chains.update((name,) for name in node.names)
        elif isinstance(node, _IMPORTS):
            imports += _bindings(node)
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting += [item for item in value if isinstance(item, ast.AST)]
    return frozenset(chains), tuple(imports)


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
    return any(chain[0] in ours for chain in _uses(decorators)[0])


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _sets_all(statement: ast.stmt) -> bool:
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _is_type_checking(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return getattr(statement.test, "id", getattr(statement.test, "attr", None)) == "TYPE_CHECKING"
