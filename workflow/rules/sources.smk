# Raw data as inputs: looked at before any work, fetched where they are not there, and never an output.

from vspair.data.sources import FOLDERS, check_file, raw_files

# Raw files that were found to be in order.
LOOKED_AT = set()
# Raw file that the project's own data folder lacks -> the rule that fetches it.
FETCHED_BY = {}


def fetching(
    name,
    source,
    paths,
    keys,
    given={},
    made_by=None,
    local=False,
    minutes=30,
    cost=SECONDS,
):
    """The rule that fetches raw files which are not there.

    Its output is a list of files and never a raw file: Snakemake deletes the outputs of a rule before it runs, when it
    fails and when it is told to. The list lies where nobody keeps data, and nothing is believed because of it: what is
    there is looked up, and only if something is not is this rule there too. A folder that the user named is only read.

    source: what the raw files are called together. paths: the raw files, or the folder with them. keys, given, made_by,
    local, minutes, cost: as for `stage`.
    """
    COSTS[name] = cost
    absent = lacking(paths)
    path, stem = made_by or f"scripts/{name}.py", f"results/sources/{source}"
    if not absent:
        return
    if ONLY_PLANNED:
        return as_if(name, absent, path, local)
    if CONFIG.data_dir:
        return
    FETCHED_BY.update(dict.fromkeys(absent, name))

    def told_of(wildcards):
        return evidence(path, keys)

    def gone(wildcards):
        # A list of files that are gone again: this makes it another job than the one that left it.
        earlier = Path(f"{stem}.files.json")
        return str(earlier.stat().st_mtime_ns) if earlier.is_file() else None

    checkpoint:
        name:
            name
        output:
            listing=f"{stem}.files.json",
            receipt=f"{stem}.receipt.json",
        log:
            f"{stem}.log",
        benchmark:
            f"{stem}.tsv"
        localrule: local
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0,
            mem_mb=4000,
            runtime=minutes,
        params:
            **given,
            raw=paths,
            gone=gone,
            evidence=told_of,
        script:
            str(place(ROOT, path))


def as_if(name, absent, path, local):
    """The rule that brings what is not here to a plan by which nothing runs."""

    rule:
        name:
            name
        output:
            absent,
        localrule: local
        script:
            str(place(ROOT, path))


def lacking(paths):
    """Those raw files or folders that are not there; an empty folder counts as not there."""
    return [
        path
        for path in paths
        if not Path(path).exists()
        or (Path(path).is_dir() and not any(Path(path).iterdir()))
    ]


def there(paths, check):
    """Raw files as inputs: they are looked at before any work, or fetched first.

    check: of one path, raises VspairError.
    """
    if ONLY_PLANNED:
        return paths
    absent = [path for path in lacking(paths) if path in FETCHED_BY]
    for path in paths:
        if path not in absent and path not in LOOKED_AT:
            told(check, Path(path))
            LOOKED_AT.add(path)
    for name in {FETCHED_BY[path]: path for path in absent}:
        # Snakemake asks again when the rule has run.
        getattr(checkpoints, name).get()
    return paths


def fetching_images(source):
    """The rule that fetches a data set of images, one for all problems that read it; none of what needs no file."""
    name = f"download_{source}"
    if source not in FOLDERS or name in COSTS:
        return
    fetching(
        name,
        FOLDERS[source],
        [f"{DATA}/{file}" for file in raw_files(source)],
        [],
        dict(source=source),
        made_by="scripts/download.py",
        local=True,
        cost={},
    )


def raw_images(source):
    """Of the wildcards: the raw files of a data set of images."""
    fetching_images(source)
    paths = [f"{DATA}/{file}" for file in raw_files(source)]
    return lambda wildcards: there(paths, lambda path: check_file(source, path))
