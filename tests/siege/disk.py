"""A small disk of its own for a ledger, which can be filled and made read-only: ext4 in a file. Takes root."""

import ctypes
import os
import subprocess
from pathlib import Path

BALLAST = "ballast"
STEP = 1 << 20
CLONE_NEWNS = 0x20000


class Disk:
    """An ext4 file system at `folder`, seen by this process and its children alone, and gone with them.

    So no mount that somebody else copies from here is in the way of another one.
    """

    def __init__(self, folder: Path, image: Path, mib: int) -> None:
        """Raises OSError where it cannot be mounted."""
        self.folder = folder
        folder.mkdir()
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
            raise OSError(ctypes.get_errno(), "no mounts of its own")
        _run("mount", "--make-rprivate", "/")
        with image.open("wb") as file:
            file.truncate(mib * STEP)
        _run("mkfs.ext4", "-q", str(image))
        _run("mount", "-o", "loop", str(image), str(folder))

    def unmount(self) -> None:
        _run("umount", str(self.folder))

    def fill(self) -> None:
        """Take all space that is left."""
        with (self.folder / BALLAST).open("wb") as file:
            at, step = 0, 64 * STEP
            while step >= 4096:
                try:
                    os.posix_fallocate(file.fileno(), at, step)
                    at += step
                except OSError:
                    step //= 2

    def free(self) -> None:
        (self.folder / BALLAST).unlink(missing_ok=True)

    def set_writable(self, is_writable: bool) -> None:
        """Mount it anew, to be written or read only: that takes that nobody has a file of it open to be written."""
        _run("mount", "-o", f"remount,{'rw' if is_writable else 'ro'}", str(self.folder))


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
