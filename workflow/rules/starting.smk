# What is refused, or told, before the first job runs on this machine.

from snakemake.logging import logger

from vspair.devices import require_gpus
from vspair.files import require_writable
from vspair.problems.needs import require_room
from vspair.provenance.receipt.worktree import warning


def require_enough_gpus():
    """Refuse to start jobs on this machine when it has fewer GPU places than were asked for."""
    if GPU and workflow.local_exec:
        limit = workflow.global_resources.get("gpu")
        told(require_gpus, (limit and limit.value) or 1, CONFIG.jobs_per_gpu)


def require_a_place_to_work():
    """Refuse to begin where Snakemake cannot keep its records."""
    try:
        require_writable(Path(".snakemake").absolute())
    except VspairError as error:
        end(
            f"{printable.shown(error)}; or work on a copy (`git clone`), or in a folder of your own: snakemake --snakefile "
            f"{ROOT / 'workflow/Snakefile'} --directory FOLDER"
        )


def warn_of_the_tree():
    """Say before the first job what would be found out after the last: that no result will pass the audit."""
    if sentence := warning(ROOT):
        logger.warning(f"warning: {sentence}")


def require_room_for_jobs():
    """Refuse to start jobs on this machine that it has too little memory or disk for."""
    if not workflow.local_exec:
        return
    jobs = []
    for job in workflow.dag.needrun_jobs():
        for name in CONFIG.inverse_problems:
            made = [
                file.removeprefix(f"{RESULTS}/{name}/")
                for file in job.output
                if file.startswith(f"{RESULTS}/{name}/")
            ]
            pairs = any(file.startswith("pairs/") for file in made)
            if made:
                what = "pairs" if pairs else job.rule.name
                jobs.append((what, name, getattr(job.wildcards, "method", None)))
    told(require_room, CONFIG.inverse_problems, jobs, Path(RESULTS), CONFIG.device)
