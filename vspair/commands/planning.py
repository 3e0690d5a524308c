"""The workflow as Snakemake reads it, inside this process; Snakemake is loaded only here and when it is asked for."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vspair.errors import VspairError

if TYPE_CHECKING:
    from snakemake.jobs import Job
    from snakemake.workflow import Workflow


@contextmanager
def planned(
    root: Path, settings: Mapping[str, object], targets: tuple[str, ...] = (), cores: int = 1
) -> Iterator["Workflow"]:
    """The project's workflow; with targets, after a dry run that has planned their jobs (`workflow.dag`).

    The working folder is the project's root meanwhile, as it is for jobs.

    Arguments:
        root: the project's root.
        settings: the workflow's settings, as on its command line.
        targets: rules or files.
        cores: CPU cores; no job is given more.

    Raises:
        VspairError: Snakemake is not installed, or refuses the plan, with its own words.
    """
    try:
        from snakemake.api import SnakemakeApi
        from snakemake.exceptions import RuleException, WorkflowError
        from snakemake.logging import logger
        from snakemake.settings import types
    except ImportError as error:
        raise VspairError(
            f"expected Snakemake, found that {error.name} is not installed: pip install -e '.[workflow]'"
        ) from None

    def only_errors(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    # A filter and not a level: Snakemake sets its own when it begins.
    logger.addFilter(only_errors)
    try:
        with SnakemakeApi(types.OutputSettings(quiet={types.Quietness.ALL})) as api:
            opened = api.workflow(
                resource_settings=types.ResourceSettings(cores=cores),
                config_settings=types.ConfigSettings(config=settings),
                snakefile=root / "workflow/Snakefile",
                workdir=root,
            )
            if targets:
                wanted = types.DAGSettings(targets=set(targets), rerun_triggers=frozenset())
                unlocked = types.ExecutionSettings(lock=False)
                opened.dag(wanted).execute_workflow(executor="dryrun", execution_settings=unlocked)
            yield opened._workflow
    # The rules end by themselves where the user can mend something.
    except (RuleException, WorkflowError, SystemExit) as error:
        words = " ".join(str(error).split())
        raise VspairError(
            f"expected a plan of the workflow, found that Snakemake refuses; mend this: {words}"
        ) from None
    finally:
        logger.removeFilter(only_errors)


def maker(workflow: "Workflow", file: str) -> "Job":
    """The planned job that makes a file.

    Raises:
        VspairError: no job makes it.
    """
    found = next((job for job in workflow.dag.jobs if file in job.output), None)
    if found is None:
        raise VspairError(f"expected an output of a job of the workflow, found {file}: name one that a rule makes")
    return found
