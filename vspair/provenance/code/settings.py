"""Optional settings: fields with a default, of classes that inherit from `Section`.

One that no reached code mentions cannot change what the code does, so each is a definition of its own, apart from
its class, and counts only where its name is mentioned.
"""

import ast
import copy
from dataclasses import dataclass
from functools import lru_cache

from vspair.provenance.code.definitions import Definition

SECTION = ("vspair.config.section", "Section")
"""Module and name of the class that all settings inherit from."""


@dataclass(frozen=True)
class Field:
    """An optional setting: the name of its class, its own name, and its definition."""

    section: str
    name: str
    definition: Definition


@lru_cache(maxsize=4096)
def split(definition: Definition, sections: frozenset[str]) -> tuple[Definition, tuple[Field, ...]]:
    """A definition without the optional settings of some of its classes, and these settings.

    Args:
        definition: a class, or a whole file.
        sections: names of those of its classes that inherit from `Section`.
    """
    if not sections:
        return definition, ()
    statements: list[ast.stmt] = []
    fields: dict[tuple[str, str], list[ast.stmt]] = {}
    for statement in definition.statements:
        if isinstance(statement, ast.ClassDef) and statement.name in sections:
            rest = copy.copy(statement)
            rest.body = []
            for item in statement.body:
                if _is_optional(item):
                    fields.setdefault((statement.name, item.target.id), []).append(item)
                else:
                    rest.body.append(item)
            statement = rest
        statements.append(statement)
    return Definition(statements), tuple(Field(*key, Definition(items)) for key, items in fields.items())


def _is_optional(statement: ast.stmt) -> bool:
    """Whether a statement of a class is a setting that has a default."""
    if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
        return False
    # What begins with an underscore is no setting but state of the class.
    if statement.value is None or statement.target.id.startswith("_") or _is_class_variable(statement.annotation):
        return False
    value = statement.value
    if isinstance(value, ast.Call) and _last_name(value.func) == "Field":
        defaults = [*value.args[:1], *(item.value for item in value.keywords if item.arg == "default")]
        made = any(item.arg == "default_factory" for item in value.keywords)
        return made or any(not _is_ellipsis(default) for default in defaults)
    return not _is_ellipsis(value)


def _is_class_variable(annotation: ast.expr) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return _last_name(outer) == "ClassVar"


def _is_ellipsis(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...


def _last_name(node: ast.expr) -> str | None:
    return getattr(node, "attr", getattr(node, "id", None))
