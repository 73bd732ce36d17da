"""The verifying part runs where neither Faust nor aiokafka is, nor anything else that a log on Kafka needs."""

import asyncio
import subprocess
import sys
from pathlib import Path

from ledger.proof.figure import Bounds
from ledger.proof.note import Note
from replay.figures import prove_figure
from tests.history.bundled import NOVEMBER
from tests.replay.keeping import KEY, archived, opened, published, signed
from tests.replay.tampering import records

BLOCKED = ("aiokafka", "faust", "mode", "prometheus_client", "fastapi", "uvicorn", "pyarrow")
PROGRAM = f"""
import sys
for name in {BLOCKED!r}:
    sys.modules[name] = None
sys.argv[0] = "replay"
from replay.cli import main
main()
"""


def verify(here: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "verify", *words], cwd=here, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


async def proof(url: str, note: Note) -> str:
    async with opened(url) as log:
        return str(await prove_figure(log, KEY, [note], NOVEMBER, "captives.deal", Bounds()))


def test_archives_and_figures_are_verified_without_kafka(tmp_path: Path) -> None:
    url = published(tmp_path / "ledger.db")
    note = signed(records(archived(url, tmp_path / "bare")), 407)
    archived(url, tmp_path / "archive", note)
    (tmp_path / "figure").write_text(asyncio.run(proof(url, note)))
    (tmp_path / "keys").write_text(f"{KEY.verifier}\n")
    (tmp_path / "kept").write_text(str(note))
    (tmp_path / "ledger.db").unlink()
    code, said = verify(tmp_path, "archive", "--key", "keys", "--checkpoint", "kept", "--json")
    assert (code, '"under checkpoints":407' in said) == (0, True), said
    code, said = verify(tmp_path, "figure", "--key", "keys", "--json")
    assert (code, '"best":80' in said) == (0, True), said
    whole = (tmp_path / "archive").read_bytes()
    (tmp_path / "archive").write_bytes(whole[:-9000])
    code, said = verify(tmp_path, "archive", "--key", "keys")
    assert (code, "the first bad position is 0:" in said) == (5, True), said
    code, said = verify(tmp_path, "figure")
    assert (code, "worth the key" in said) == (2, True), said
    assert verify(tmp_path, "none")[0] == 4
