"""Which parts of a syntax tree are words for people: docstrings, error texts, log lines and descriptions.

They change no number, so the normal form of code leaves them out, and so do the names that it follows.
"""

import ast
from collections.abc import Iterable, Iterator

_LOGGERS = {"log", "logger", "logging"}
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}

# What may stand in a log line without counting. Every other call might draw random numbers or write a file. Such a
# call is `mean`, which of a posterior draws samples.
_FUNCTIONS = {
    *("abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "len", "list", "max", "min", "range", "repr"),
    *("round", "set", "sorted", "str", "sum", "tuple", "type", "zip"),
}
_METHODS = {
    *("format", "format_map", "items", "join", "keys", "lower", "lstrip", "max", "min", "replace", "rstrip", "split"),
    *("strip", "sum", "title", "tolist", "upper", "values"),
}
_ACTS = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def counted(node: ast.AST | None, field: str, items: list) -> list:
    """Those items of a list in a syntax tree that are not words.

    In a call of something named like an exception (`...Error`, `SystemExit`), the positional arguments are words,
    except constants that are not text, such as an exit status; keywords count, because exceptions rarely take any and
    measures that are named alike (`MeanSquaredError(squared=False)`) do.

    Args:
        node: whose field the list is; None for loose statements.
        field: the field's name.
        items: the field's value.
    """
    if type(node) is ast.Call:
        if field == "args" and _is_exception(node.func):
            return [item for item in items if isinstance(item, ast.Constant) and not isinstance(item.value, str)]
        if _is_logging(node.func):
            return [item for item in items if _acts(item)]
        return items if field == "args" else [item for item in items if not _is_description(item)]
    return [item for item in items if not (type(item) is ast.Expr and is_words(item))]


def is_words(statement: ast.AST) -> bool:
    """Whether a statement is only a text, or only a log line that does nothing but format what it is given."""
    if type(statement) is not ast.Expr:
        return False
    value = statement.value
    if type(value) is ast.Call:
        return _is_logging(value.func) and not any(_acts(item) for item in (*value.args, *value.keywords))
    return type(value) is ast.Constant and isinstance(value.value, str)


def left_out(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The words below some statements in the order of the source: exactly what `counted` leaves out."""
    yield from _left_out(None, "body", list(statements))


def _left_out(node: ast.AST | None, field: str, items: list) -> Iterator[ast.AST]:
    kept = {id(item) for item in counted(node, field, items)}
    for item in items:
        if id(item) not in kept:
            yield item
        elif isinstance(item, ast.AST):
            yield from _inside(item)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            yield from _left_out(node, name, value)
        elif isinstance(value, ast.AST):
            yield from _inside(value)


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", None) or getattr(function, "id", "")


def _is_exception(function: ast.expr) -> bool:
    name = _name(function)
    return name.endswith("Error") or name == "SystemExit"


def _is_logging(function: ast.expr) -> bool:
    return (
        type(function) is ast.Attribute
        and function.attr in _LEVELS
        and _name(function.value).strip("_").lower() in _LOGGERS
    )


def _is_description(item: ast.AST) -> bool:
    if type(item) is not ast.keyword or item.arg != "description":
        return False
    value = item.value
    return type(value) is ast.JoinedStr or (type(value) is ast.Constant and isinstance(value.value, str))


def _acts(argument: ast.AST) -> bool:
    for node in ast.walk(argument):
        if isinstance(node, _ACTS):
            return True
        if isinstance(node, ast.Call):
            function = node.func
            allowed = _METHODS if type(function) is ast.Attribute else _FUNCTIONS
            if _name(function) not in allowed:
                return True
    return False
