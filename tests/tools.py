"""Programs that some tests need and a machine may not have."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def lacking(reason: str) -> None:
    """Skip in sight of everyone; fail where the whole suite has to run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def node_modules(folder: Path, otherwise: str) -> Path:
    """The packages of Node that the lock in `folder` pins, installed unless they are there already."""
    if not (shutil.which("node") and shutil.which("npm")):
        lacking(f"{otherwise}: that needs Node.js 20 and npm")
    lock, modules = (folder / "package-lock.json").read_bytes(), folder / "node_modules"
    installed = modules / ".installed"
    if not installed.exists() or installed.read_bytes() != lock:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, timeout=300)
        installed.write_bytes(lock)
    return modules
