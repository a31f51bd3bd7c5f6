"""What a disk still has when the power is cut: what was synced, and nothing else for certain.

A file has the bytes that it had when it was last synced, a folder the names that it had when it
was last synced; a file that never was is empty, a folder that never was has no names. That is less
than most file systems keep, and as little as they promise.
"""

from __future__ import annotations

import os
import random
import stat
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = 512
_FSTAT, _OPEN, _READLINK, _SCANDIR = os.fstat, os.open, os.readlink, os.scandir


@dataclass(frozen=True, slots=True)
class Entry:
    """What a name in a folder stands for.

    Attributes:
        number: Inode number.
        folder: It is one.
    """

    number: int
    folder: bool


@dataclass(slots=True)
class Disk:
    """Watches the syncs below a folder.

    Attributes:
        root: The folder; all that it holds at first is on the disk.
    """

    root: Path
    _content: dict[int, bytes] = field(default_factory=dict)
    _names: dict[int, dict[str, Entry]] = field(default_factory=dict)
    _pins: dict[int, int] = field(default_factory=dict)
    """An open handle for each inode that is spoken of, so that its number is not given again."""

    def __post_init__(self) -> None:
        self._take_in(self._pin(self.root))

    def _take_in(self, number: int) -> None:
        names = self._names[number] = self._listed(number)
        for entry in names.values():
            if entry.folder:
                self._take_in(entry.number)
            else:
                self._content[entry.number] = self._read(entry.number)

    def synced(self, handle: int) -> None:
        """Take note that a file or folder was synced."""
        path = Path(_READLINK(f"/proc/self/fd/{handle}"))
        if not path.is_relative_to(self.root):
            return
        number = self._pin(path)
        if stat.S_ISDIR(_FSTAT(handle).st_mode):
            self._names[number] = self._listed(number)
        else:
            self._content[number] = self._read(number)

    def rebuild(self, target: Path, luck: random.Random | None = None) -> None:
        """Write what is left of the folder.

        Args:
            target: Where to.
            luck: Decides what survives of all that was not synced; None for nothing.
        """
        self._put(self._pin(self.root), target, luck)

    def _put(self, number: int, target: Path, luck: random.Random | None) -> None:
        target.mkdir(parents=True)
        names = self._names.get(number, {})
        if luck is not None:
            names = _mixed(names, self._listed(number), luck)
        for name, entry in names.items():
            if entry.folder:
                self._put(entry.number, target / name, luck)
                continue
            content = self._content.get(entry.number, b"")
            if luck is not None:
                content = _torn(content, self._read(entry.number), luck)
            (target / name).write_bytes(content)

    def _pin(self, path: Path) -> int:
        handle = _OPEN(path, os.O_RDONLY)
        number = _FSTAT(handle).st_ino
        if number in self._pins:
            os.close(handle)
        else:
            self._pins[number] = handle
        return number

    def _listed(self, number: int) -> dict[str, Entry]:
        with _SCANDIR(f"/proc/self/fd/{self._pins[number]}") as found:
            entries = [(entry.name, Path(entry.path)) for entry in found]
        return {name: Entry(self._pin(path), path.is_dir()) for name, path in sorted(entries)}

    def _read(self, number: int) -> bytes:
        return Path(f"/proc/self/fd/{self._pins[number]}").read_bytes()


def _mixed(
    synced: dict[str, Entry], now: dict[str, Entry], luck: random.Random
) -> dict[str, Entry]:
    """Of each name that changed either what it was or what it is."""
    found: dict[str, Entry] = {}
    for name in sorted({*synced, *now}):
        entry = (synced if luck.random() < 1 / 2 else now).get(name)
        if entry is not None:
            found[name] = entry
    return found


def _torn(synced: bytes, now: bytes, luck: random.Random) -> bytes:
    """Of each block that changed either what it was or what it is; of the length too."""
    length = luck.choice((len(synced), len(now)))
    blocks = range(0, length, _BLOCK)
    parts = [luck.choice((synced, now))[at : at + _BLOCK] for at in blocks]
    sizes = [min(_BLOCK, length - at) for at in blocks]
    return b"".join(part.ljust(size, b"\0")[:size] for part, size in zip(parts, sizes, strict=True))
