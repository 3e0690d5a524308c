"""Published numbers with their tolerances, and whether a configuration may be compared with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Published:
    """The published numbers of one table.

    Arguments:
        values: (row, column) -> (number, tolerance), in the order of the paper.
        conditions: dotted configuration key -> the value that the paper used.
    """

    values: dict[tuple[str, str], tuple[float, float]]
    conditions: dict[str, Any]

    def obstacle(self, configuration: Mapping[str, Any]) -> str | None:
        """The first condition that a configuration (dotted key -> value) does not meet, in words; None if all hold."""
        for key, wanted in self.conditions.items():
            if configuration[key] != wanted:
                return f"{key} is {configuration[key]}, the paper's is {wanted}"
        return None


def read_published(path: Path, table: str) -> Published:
    """Read one table's published numbers from a file such as `config/published/vspair.yaml`."""
    entry = yaml.safe_load(path.read_text(encoding="utf-8"))[table]
    values = {
        (row, column): (number, tolerance)
        for row, columns in entry["values"].items()
        for column, (number, tolerance) in columns.items()
    }
    return Published(values, entry["conditions"])
