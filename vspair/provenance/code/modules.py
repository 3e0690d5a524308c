"""One file: what it defines, imports, and does whenever it is imported."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.code.definitions import IMPORTS, Binding, Definition, bindings, uses
from vspair.provenance.code.wording import is_words

PACKAGE = "vspair"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


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

    def has(self, name: str) -> bool:
        """Whether the module binds the name."""
        return name in self.definitions or name in self.imports or name in self.bound


EMPTY = Module({}, {}, Definition(), frozenset(), Definition())
"""A folder without `__init__.py`, which is a package too."""


@lru_cache(maxsize=4096)
def parse(path: Path, stamp: tuple[int, ...]) -> Module:
    """Parse one file; its stamp only serves to parse it anew when it has changed.

    Raises:
        VspairError: the file is not valid Python.
    """
    try:
        statements = ast.parse(path.read_bytes(), filename=path.name).body
    except (SyntaxError, ValueError) as error:
        raise VspairError(f"expected valid Python in {path}, found: {error}; mend the file") from error
    groups: dict[str, list[ast.stmt]] = {}
    bound: list[Binding] = []
    loose: list[ast.stmt] = []
    kept = [statement for statement in statements if not _sets_all(statement)]
    for statement in kept:
        names = _defines(statement)
        if isinstance(statement, IMPORTS):
            bound += bindings(statement)
        elif _is_type_checking(statement):
            bound += uses([statement]).imports
        elif names:
            for name in names:
                groups.setdefault(name, []).append(statement)
        elif not is_words(statement):
            loose.append(statement)
            bound += uses([statement]).imports
    loose += _registered(groups, bound)
    return Module(
        definitions={name: Definition(group) for name, group in groups.items()},
        imports=_by_name(bound),
        loose=Definition(loose),
        bound=frozenset(_bound(loose)),
        body=Definition([statement for statement in kept if not isinstance(statement, IMPORTS)]),
    )


def _by_name(bound: Iterable[Binding]) -> dict[str, tuple[Binding, ...]]:
    imports: dict[str, tuple[Binding, ...]] = {}
    for binding in bound:
        imports[binding.local] = (*imports.get(binding.local, ()), binding)
    return imports


def _registered(groups: dict[str, list[ast.stmt]], bound: Iterable[Binding]) -> list[ast.stmt]:
    """Definitions that a decorator of this project may enter into a registry as the module is imported."""
    ours = {*groups, *(item.local for item in bound if item.level or item.module.split(".")[0] == PACKAGE)}
    statements = [statement for group in groups.values() for statement in group]
    return [
        statement
        for statement in statements
        if any(chain[0] in ours for chain in uses(getattr(statement, "decorator_list", ())).chains)
    ]


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


def _sets_all(statement: ast.stmt) -> bool:
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _is_type_checking(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return getattr(statement.test, "id", getattr(statement.test, "attr", None)) == "TYPE_CHECKING"
