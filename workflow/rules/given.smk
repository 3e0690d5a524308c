# What the user gives, checked before Snakemake reads or merges it.

import sys

from snakemake.exceptions import WorkflowError

from vspair.config.told import require_told_once
from vspair.errors import VspairError
from vspair.problems.configuration import read_settings


def told(action, *arguments):
    """Run a check and turn what the user can mend into Snakemake's own kind of error, without a traceback."""
    try:
        return action(*arguments)
    except VspairError as error:
        raise WorkflowError(str(error)) from None


told(require_told_once, sys.argv)
for file in (Path("config/config.yaml"), *workflow.overwrite_configfiles):
    # JSON and what is not there are Snakemake's to read and to miss.
    if file.suffix in (".yaml", ".yml") and file.is_file():
        told(read_settings, file)
