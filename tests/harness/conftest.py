"""Tables of what the harness tried, at the end of the tests' output."""

import pytest
from tabulate import tabulate

TABLES: dict[tuple[str, ...], list[tuple]] = {}


@pytest.fixture(scope="session")
def noted():
    """Notes a line of a table, by the names of its columns."""
    return lambda columns, line: TABLES.setdefault(tuple(columns), []).append(tuple(line))


def pytest_terminal_summary(terminalreporter):
    for columns, lines in TABLES.items():
        sums = ["all", *(sum(values) for values in list(zip(*lines, strict=True))[1:])]
        terminalreporter.section(f"harness: {columns[0]}")
        terminalreporter.write_line(tabulate([*lines, sums], columns))
