"""Readers with a planted fault each, which shows on every second try: what the harness must tell as lost."""

import ctypes
import os
import time
from pathlib import Path

from hostile import Reader


def make(folder: Path) -> None:
    (folder / "one").mkdir(parents=True)
    (folder / "one/file.bin").write_bytes(bytes(range(256)))


def planted(name: str, fault) -> Reader:
    """A reader that does something wrong on tries of odd numbers."""

    def read(folder: Path, out: Path):
        number = folder.name.partition("-")[2]
        return fault(folder, out) if number and int(number) % 2 else "whole"

    return Reader(name, make, read, lambda value, truth, folder: None if value == truth else "the content is another")


def refuse(sentence: str):
    from vspair.errors import VspairError

    raise VspairError(sentence)


def halve(folder: Path, out: Path):
    out.mkdir()
    (out / "half").touch()
    refuse("expected a whole file, found half of one")


def litter(folder: Path, out: Path):
    (folder / ".half").touch()
    return "whole"


def spin(folder: Path, out: Path):
    while True:
        pass


FAULTS = {
    "crashing": lambda folder, out: ctypes.string_at(0),
    "exiting": lambda folder, out: os._exit(7),
    "hanging": lambda folder, out: time.sleep(1000),
    "spinning": spin,
    "swelling": lambda folder, out: bytearray(1 << 32),
    "wrong": lambda folder, out: "another",
    "raising": lambda folder, out: {}["there is none"],
    "rambling": lambda folder, out: refuse("expected a colour, found \x1b[31m"),
    "littering": litter,
    "halving": halve,
}
READERS = tuple(planted(name, fault) for name, fault in FAULTS.items())
