"""Where a name is defined, through imports and re-exports, and which classes hold settings."""

import ast

from vspair.provenance.code.definitions import Binding, Chain, Definition
from vspair.provenance.code.locations import Locations
from vspair.provenance.code.settings import SECTION

Home = tuple[str, str]
"""Module and name of a definition."""


class Resolution:
    """Answers about names, remembered for one walk."""

    def __init__(self, locations: Locations) -> None:
        self._locations = locations
        self._homes: dict[tuple[str, Chain], Home | None] = {}
        self._inherits: dict[Home, bool] = {SECTION: True}

    def absolute(self, importer: str, binding: Binding) -> str:
        """Name of the module that a binding's statement names, without leading dots."""
        if not binding.level:
            return binding.module
        parts = importer.split(".")
        up = binding.level - (importer in self._locations.packages)
        base = parts[: len(parts) - up]
        return ".".join([*base, binding.module] if binding.module else base)

    def home(self, name: str, *chain: str) -> Home | None:
        """Where the attribute `chain` of the module `name` is defined; None for what lies outside the places."""
        if (name, chain) not in self._homes:
            # Imports that go in a circle lead nowhere.
            self._homes[name, chain] = None
            self._homes[name, chain] = self._home(name, chain)
        return self._homes[name, chain]

    def _home(self, name: str, chain: Chain) -> Home | None:
        module = self._locations.module(name)
        if module is None or not chain:
            return None
        if chain[0] in module.definitions:
            return (name, chain[0]) if len(chain) == 1 else None
        for binding in module.imports.get(chain[0], ()):
            inner = chain[1:] if binding.name is None else (binding.name, *chain[1:])
            found = self.home(self.absolute(name, binding), *inner)
            if found is not None:
                return found
        return self.home(f"{name}.{chain[0]}", *chain[1:]) if name in self._locations.packages else None

    def sections(self, name: str, definition: Definition) -> frozenset[str]:
        """Names of those classes of a definition (of the module `name`) that inherit from `Section`, and its own."""
        classes = [item for item in definition.statements if isinstance(item, ast.ClassDef)]
        return frozenset(item.name for item in classes if self._is_section(name, item))

    def _is_section(self, name: str, statement: ast.ClassDef) -> bool:
        key = (name, statement.name)
        if key not in self._inherits:
            self._inherits[key] = False
            self._inherits[key] = any(self._names_section(name, base) for base in statement.bases)
        return self._inherits[key]

    def _names_section(self, name: str, base: ast.expr) -> bool:
        home = self.home(name, *_chain(base))
        if home is None:
            return False
        definition = self._locations.module(home[0]).definitions[home[1]]
        return home[1] in self.sections(home[0], definition)


def _chain(expression: ast.expr) -> Chain:
    """The dotted name of a base class; empty for any other expression."""
    # Of `Base[int]` the base is `Base`.
    node = expression.value if isinstance(expression, ast.Subscript) else expression
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else ()
