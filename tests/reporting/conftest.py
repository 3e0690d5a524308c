"""The made-up run that the report's page is tested with, shared with the tests in a browser."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def example():
    path = Path(__file__).parents[1] / "browser/example.py"
    spec = importlib.util.spec_from_file_location("report_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
