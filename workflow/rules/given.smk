# What the user gives, checked before Snakemake reads or merges it.

import sys

from vspair import printable
from vspair.config.told import require_told_once
from vspair.errors import VspairError
from vspair.problems.configuration import read_settings

ROOT = Path(workflow.basedir).parent


def told(action, *arguments):
    """Run a check and end with its sentence alone what the user can mend."""
    try:
        return action(*arguments)
    except VspairError as error:
        end(printable.shown(error))


def end(sentence):
    """End Snakemake with a sentence, under which it would write a traceback were it an exception of its own kind."""
    raise SystemExit(sentence)


told(require_told_once, sys.argv)
for file in (ROOT / "config/config.yaml", *workflow.overwrite_configfiles):
    # JSON and what is not there are Snakemake's to read and to miss.
    if Path(file).suffix in (".yaml", ".yml") and Path(file).is_file():
        told(read_settings, Path(file))
