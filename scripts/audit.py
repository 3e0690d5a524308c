"""Audit the run folder against the configuration that the workflow was called with."""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from vspair.commands.audit import audit_of, print_findings
from vspair.printable import bear_any_locale
from vspair.problems.configuration import resolve
from vspair.provenance.audit.findings import exit_code

bear_any_locale()
root = Path.cwd()
settings = {key: value for key, value in snakemake.config.items() if key != "local"}
run, findings = audit_of(Path(snakemake.input.ledger).parent, root, resolve(root, settings))
with Path(snakemake.log[0]).open("w", encoding="utf-8") as log, redirect_stdout(log):
    print_findings(run, findings)
print(Path(snakemake.log[0]).read_text(encoding="utf-8"), end="")
sys.exit(exit_code(findings))
