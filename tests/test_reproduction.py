"""The results that are kept in docs/reproduction pass a full audit, with their receipts and the commit they name."""

from pathlib import Path

import pytest

from vspair.commands.audit import audit_of
from vspair.provenance.run.bundle import FILE
from vspair.provenance.run.history import History

ROOT = Path(__file__).parents[1]
BUNDLES = sorted(path.parent for path in ROOT.glob(f"docs/reproduction/*/{FILE}"))


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_kept_results_pass_the_audit(bundle):
    """In a clone without history the commits alone cannot be looked up."""
    run, findings = audit_of(bundle, ROOT, full=True)
    history = History(ROOT)
    allowed = set() if history.whole else {"unknown commit"}
    assert [finding for finding in findings if finding.word not in allowed] == []
    assert run.receipts


def test_everything_in_the_folder_is_a_bundle():
    """A folder without the list would be audited by nobody."""
    folders = {path for path in (ROOT / "docs/reproduction").glob("*") if path.is_dir()}
    assert folders == set(BUNDLES)
    assert folders
