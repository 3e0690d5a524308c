"""Audit the run folder against the configuration that the workflow was called with."""

import sys
from pathlib import Path

from vspair.commands.audit import audit_of, print_findings
from vspair.commands.looking import looking
from vspair.printable import bear_any_locale
from vspair.problems.configuration import resolve
from vspair.provenance.audit.findings import exit_code

bear_any_locale()
root = Path(snakemake.config["local"]["root"])
settings = {key: value for key, value in snakemake.config.items() if key != "local"}
with looking(snakemake.log[0]):
    run, findings = audit_of(Path(snakemake.input.ledger).parent, root, resolve(root, settings))
    print_findings(run, findings)
sys.exit(exit_code(findings))
