"""The report: one offline page of all tables and figures with the chain behind every number."""

from contextlib import redirect_stdout
from pathlib import Path

from vspair.commands.report import write_report
from vspair.printable import bear_any_locale
from vspair.problems.configuration import resolve

bear_any_locale()
root = Path.cwd()
settings = {key: value for key, value in snakemake.config.items() if key != "local"}
with Path(snakemake.log[0]).open("w", encoding="utf-8") as log, redirect_stdout(log):
    write_report(Path(snakemake.input.ledger).parent, root, resolve(root, settings))
print(Path(snakemake.log[0]).read_text(encoding="utf-8"), end="")
