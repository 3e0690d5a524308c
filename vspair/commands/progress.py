"""How far a campaign has come: which steps have ended, and which targets are there."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from vspair.errors import VspairError
from vspair.files import write_text
from vspair.regular import parsed, text

State = Literal["finished", "failed", "interrupted", "to come"]
ENDED = ("finished", "failed")
NOTED = (*ENDED, "interrupted")
KINDS = ("tables", "figures")
_LARGEST = 1 << 24


@dataclass(frozen=True)
class Made:
    """Targets of a step: those made since it began, those from before (still true, or to be remade), those absent."""

    since: list[str]
    before: list[str]
    absent: list[str]


class Progress:
    """A bookmark, `logs/campaigns/<name>.json` in the run folder. It vouches for nothing: receipts and the audit do.

    Arguments:
        results: the run folder.
        name: of the campaign.
        commands: each step's name -> what it runs; a step that runs something else now counts as not begun.

    Raises:
        VspairError: the bookmark cannot be read.
    """

    def __init__(self, results: Path, name: str, commands: Mapping[str, Sequence[str]]):
        self.results = results
        self.path = results / "logs/campaigns" / f"{name}.json"
        self.digests = {
            step: hashlib.sha256(json.dumps(list(command)).encode()).hexdigest() for step, command in commands.items()
        }
        self.entries: dict[str, dict[str, Any]] = self._read()

    def next(self) -> int:
        """Position of the step to go on with: behind the last that has ended, since later steps widen earlier ones."""
        ended = [position for position, step in enumerate(self.digests) if self.state(step) in ENDED]
        return max(ended, default=-1) + 1

    def state(self, step: str) -> State:
        """What has become of a step."""
        return self._entry(step).get("state", "to come")

    def begin(self, step: str) -> None:
        """Note that a step begins, or goes on where it was interrupted."""
        begun = self._entry(step).get("begun") if self.state(step) == "interrupted" else None
        # Until it says otherwise: nothing does if the machine goes away.
        self._note(step, begun or _now(), "interrupted")

    def end(self, step: str, state: State) -> None:
        """Note what has become of a step."""
        self._note(step, self._entry(step)["begun"], state)

    def made(self, step: str, targets: Sequence[str]) -> Made:
        """Which targets of a step are there: by their receipts, and all of them if the step has finished.

        A target of many files, such as a section, has no receipt of its own.
        """
        begun, finished = self._entry(step).get("begun"), self.state(step) == "finished"
        found = Made([], [], [])
        for target in targets:
            receipts = [self.results / kind / f"{target}.receipt.json" for kind in KINDS]
            there = [path for path in receipts if path.is_file()]
            if not there:
                (found.since if finished else found.absent).append(target)
            elif begun is not None and there[0].stat().st_mtime >= datetime.fromisoformat(begun).timestamp():
                found.since.append(target)
            else:
                found.before.append(target)
        return found

    def _entry(self, step: str) -> dict[str, Any]:
        entry = self.entries.get(step, {})
        return entry if entry.get("digest") == self.digests[step] else {}

    def _note(self, step: str, begun: str, state: State) -> None:
        self.entries[step] = {"digest": self.digests[step], "begun": begun, "state": state, "noted": _now()}
        write_text(self.path, json.dumps(self.entries, indent=1) + "\n")

    def _read(self) -> dict[str, dict[str, Any]]:
        if not os.path.lexists(self.path):
            return {}
        try:
            found = parsed(text(self.path, _LARGEST))
            for entry in found.values():
                datetime.fromisoformat(entry["begun"])
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            raise VspairError(
                f"expected how far a campaign has come in {self.path}, found something else: remove the file, and the "
                "campaign looks at every step anew"
            ) from None
        for entry in found.values():
            if entry.get("state") not in NOTED:
                raise VspairError(
                    f"expected {', '.join(NOTED)} as the state of a step in {self.path}, found "
                    f"{entry.get('state')!a:.40}: remove the file, and the campaign looks at every step anew"
                )
        return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
