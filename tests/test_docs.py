"""What the documents say is there, is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
READ = (
    "vspair/**/*.py",
    "scripts/*.py",
    "workflow/**/*.smk",
    "config/**/*.yaml",
    "docs/*.md",
    "tests/**/*.py",
    "README.md",
)


def test_links_in_the_documents_lead_to_files():
    for document in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_make_targets_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    found = re.findall(r"`make ([a-z-]+)|^    make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = {one or other for one, other in found}
    assert named
    assert named <= targets


def test_every_deviation_that_is_named_is_described():
    described = re.findall(r"^\| ([DEVW]\d+) \|", (ROOT / "docs/deviations.md").read_text(), re.MULTILINE)
    assert len(described) == len(set(described))
    named = {
        number
        for pattern in READ
        for path in ROOT.glob(pattern)
        for place in re.findall(r"(?:deviations?(?:\.md,)?|\[)[ (]*((?:[DEVW]\d+(?:, | and )?)+)", path.read_text())
        for number in re.findall(r"[DEVW]\d+", place)
    }
    assert {"E5", "E14", "D1"} <= named <= set(described)


def test_the_python_example_of_the_readme_runs(capsys):
    """On signals it must learn something: predicting 0 has an error of 1."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    shape, error = re.search(r"Size\((.*)\) (\S+)", capsys.readouterr().out).groups()
    assert shape == "[200, 4, 16]"
    assert float(error) < 0.8
