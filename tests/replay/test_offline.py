"""The verifying part runs in an environment of its own in which neither Faust nor aiokafka is installed."""

import asyncio
import re
import subprocess
import venv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from ledger.proof.figure import Bounds
from ledger.proof.note import Note
from replay.figure_proof import prove_figures
from tests.history.bundled import NOVEMBER
from tests.replay.keeping import EVENTS, KEY, archived, opened, published, signed
from tests.replay.tampering import records

TREE = Path(__file__).parents[2]
ABSENT = ("aiokafka", "faust", "mode", "pyarrow", "pytest")
PROGRAM = "import sys; sys.argv[0] = 'replay'; from replay.cli import main; main()"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that sees the standard library, what `requirements/run.lock` pins, this project, and nothing else.

    The packages are those that are installed here, linked one by one, so that no network is needed.
    """
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, symlinks=True)
    [site] = home.glob("lib/python*/site-packages")
    for path in installed():
        (site / path.name).symlink_to(path)
    (site / "this_project.pth").write_text(f"{TREE}\n")
    return home / "bin" / "python"


def installed() -> Iterator[Path]:
    """What the packages of the lock file, and this one, have put into this environment."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", (TREE / "requirements/run.lock").read_text(), re.MULTILINE)
    assert {"apsw", "pydantic", "msgspec"} <= set(names)
    found = set[Path]()
    for name in [*names, "exchange-ledger"]:
        try:
            package = distribution(name)
        except PackageNotFoundError:  # pinned for another platform
            continue
        parts = {each.parts[0] for each in package.files or () if not each.parts[0].startswith("..")}
        found |= {Path(str(package.locate_file(part))) for part in parts - {"__pycache__"}}
    return iter(sorted(path for path in found if path.exists() and path.suffix != ".pth"))


def run(python: Path, here: Path, *words: str) -> tuple[int, str]:
    """How a program of that Python ends, and all that it says. It sees nothing of this environment's settings."""
    done = subprocess.run([python, *words], cwd=here, env={}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def replay(python: Path, here: Path, *words: str) -> tuple[int, str]:
    return run(python, here, "-c", PROGRAM, *words)


async def proof(url: str, note: Note) -> str:
    async with opened(url) as log:
        [proof] = await prove_figures(log, KEY, [note], NOVEMBER, Bounds(), ["captives.deal"])
        return str(proof)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an auditor has: an archive and a figure, and from elsewhere a key and a checkpoint."""
    folder = tmp_path_factory.mktemp("offline")
    url = published(folder / "ledger.db")
    note = signed(records(archived(url, folder / "bare")), EVENTS)
    archived(url, folder / "archive", note)
    (folder / "figure").write_text(asyncio.run(proof(url, note)))
    (folder / "keys").write_text(f"{KEY.verifier}\n")
    (folder / "kept").write_text(str(note))
    (folder / "ledger.db").unlink()
    return folder


def test_the_environment_lacks_what_it_should_lack(python: Path, here: Path) -> None:
    code, said = run(python, here, "-c", f"import importlib.util as u; print([u.find_spec(n) for n in {ABSENT!r}])")
    assert (code, said.strip()) == (0, str([None] * len(ABSENT)))


def test_archives_and_figures_are_verified(python: Path, here: Path) -> None:
    code, said = replay(python, here, "verify", "archive", "--key", "keys", "--checkpoint", "kept", "--json")
    assert (code, f'"under checkpoints":{EVENTS}' in said) == (0, True), said
    code, said = replay(python, here, "verify", "figure", "--key", "keys", "--json")
    assert (code, '"best":80' in said) == (0, True), said
    (here / "cut").write_bytes((here / "archive").read_bytes()[:-9000])
    code, said = replay(python, here, "verify", "cut", "--key", "keys")
    assert (code, "the first bad position is 0:" in said) == (5, True), said
    code, said = replay(python, here, "verify", "figure")
    assert (code, "worth the key" in said) == (2, True), said
    assert replay(python, here, "verify", "none")[0] == 4


def test_an_archive_is_audited(python: Path, here: Path) -> None:
    words = ("audit", "archive", "--key", "keys", "--checkpoint", "kept", "--report", "report.html", "--jobs", "2")
    code, said = replay(python, here, *words)
    assert (code, "Verified: nothing was changed" in said) == (0, True), said
    assert "Where sources disagree (30)" in (here / "report.html").read_text()
    (here / "cut").write_bytes((here / "archive").read_bytes()[:-9000])
    code, said = replay(python, here, "audit", "cut")
    assert (code, "Verification failed" in said) == (5, True), said


def test_a_ledger_on_kafka_says_what_it_needs(python: Path, here: Path) -> None:
    code, said = replay(python, here, "audit", "kafka://127.0.0.1:1")
    assert (code, "exchange-ledger[kafka]" in said) == (2, True), said
