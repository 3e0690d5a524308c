"""Snakemake's own checks of the workflow."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_snakemake_lint_is_clean(fresh):
    result = fresh.run("snakemake", "--lint")
    assert result.returncode == 0, result.stdout + result.stderr


def test_snakefmt_is_clean(fresh):
    result = fresh.run("snakefmt", "--check", "workflow")
    assert result.returncode == 0, result.stdout + result.stderr
