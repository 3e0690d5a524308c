"""The report: one offline page of all tables and figures with the chain behind every number."""

from pathlib import Path

from vspair.commands.looking import looking
from vspair.commands.report import write_report
from vspair.printable import bear_any_locale
from vspair.problems.configuration import resolve

bear_any_locale()
root = Path(snakemake.config["local"]["root"])
settings = {key: value for key, value in snakemake.config.items() if key != "local"}
with looking(snakemake.log[0]):
    write_report(Path(snakemake.input.ledger).parent, root, resolve(root, settings))
