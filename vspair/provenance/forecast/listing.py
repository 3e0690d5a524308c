"""A dry run of Snakemake that writes down its jobs: `python -m vspair.provenance.forecast.listing FILE OPTIONS`."""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> int:
    """Run Snakemake with the options behind the first argument, and write the jobs as JSON into that file."""
    from snakemake.cli import main as snakemake
    from snakemake.logging import logger
    from snakemake_interface_logger_plugins.common import LogEvent

    jobs: list[dict] = []

    def listen(record: logging.LogRecord) -> bool:
        if getattr(record, "event", None) == LogEvent.JOB_INFO and record.output:
            jobs.append(_job(record))
        return record.levelno >= logging.ERROR

    # A filter and not a handler: Snakemake drops all handlers when it begins.
    logger.addFilter(listen)
    try:
        snakemake(list(arguments[1:]))
    except SystemExit as end:
        if end.code:
            raise
    Path(arguments[0]).write_text(json.dumps(jobs), encoding="utf-8")
    return 0


def _job(record: logging.LogRecord) -> dict:
    return {
        "rule": record.rule_name,
        "wildcards": {key: str(value) for key, value in record.wildcards.items()},
        "threads": record.threads,
        "gpu": int(record.resources.get("gpu") or 0),
        "input": list(map(str, record.input)),
        "output": list(map(str, record.output)),
        "log": list(map(str, record.log or ())),
        "benchmark": [str(record.benchmark)] if record.benchmark else [],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
