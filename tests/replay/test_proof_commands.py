"""A keeper, a restorer and an auditor at the command line, from the first key to the last check."""

from pathlib import Path

import pytest

from schemas.codec import encode
from tests.cli.run import Ran, inside
from tests.history.bundled import NOVEMBER, history
from tests.replay.keeping import EVENTS, KEY, THIEF, append, published

AUDIT = ("--key", "keys", "--checkpoint", "kept")


def replay(here: Path, *words: str) -> Ran:
    return inside(here, *words, program="replay")


def done(here: Path, *words: str) -> Ran:
    ran = replay(here, *words)
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture
def here(tmp_path: Path) -> Path:
    published(tmp_path / "ledger.db", 300)
    (tmp_path / "keeper.key").write_text(KEY.secret)
    (tmp_path / "keys").write_text(f"{KEY.verifier}\n")
    done(tmp_path, "checkpoint", "--key", "keeper.key", "--to", "kept")
    return tmp_path


def test_an_archive_is_made_extended_checked_and_restored(here: Path) -> None:
    [first] = done(here, "export", "archive", "--checkpoints", "kept", "--json").lines
    assert (first["records"], first["new"], first["checkpoints"]) == (300, 300, 1)
    append(f"sqlite:///{here / 'ledger.db'}", history()[300:])
    [second] = done(here, "export", "archive", "--json").lines
    assert (second["records"], second["new"], second["checkpoints"]) == (EVENTS, EVENTS - 300, 1)
    partly = done(here, "verify", "archive", *AUDIT)
    assert f"{EVENTS - 300} records are under no checkpoint yet" in partly.err
    done(here, "checkpoint", "--key", "keeper.key", "--to", "kept")
    done(here, "export", "archive", "--checkpoints", "kept")
    [checked] = done(here, "verify", "archive", *AUDIT, "--json").lines
    assert (checked["records"], checked["under checkpoints"], checked["checkpoints"]) == (EVENTS, EVENTS, 2)
    [restored] = done(here, "restore", "archive", f"sqlite:///{here / 'back.db'}", "--json").lines
    assert restored["root of partition 0"] == checked["root of partition 0"]
    assert "nobody's signature was checked" in done(here, "verify", "archive").err


def test_a_damaged_archive_and_a_foreign_key_exit_5(here: Path) -> None:
    done(here, "export", "archive", "--checkpoints", "kept")
    (here / "other").write_text(f"{THIEF.verifier}\n")
    assert replay(here, "verify", "archive", "--key", "other").code == 5
    raw = bytearray((here / "archive").read_bytes())
    at = next(at for at, event in enumerate(history()[:300]) if raw.count(encode(event)) == 1)
    raw[raw.index(encode(history()[at]))] ^= 1
    (here / "archive").write_bytes(raw)
    refused = replay(here, "verify", "archive", *AUDIT)
    assert (refused.code, f"the first bad position is 0:{at}:" in refused.err) == (5, True)
    assert replay(here, "export", "archive").code == 5
    assert f"the first bad position is 0:{at}:" in replay(here, "restore", "archive", "sqlite:///back.db").err
    assert not (here / "back.db").exists()


def test_every_figure_is_proved_into_a_folder(here: Path) -> None:
    keeper = ("--key", "keeper.key", "--checkpoints", "kept")
    (here / "proofs").mkdir()
    done(here, "prove", NOVEMBER, *keeper, "--to", "proofs")
    found = sorted(each.name for each in (here / "proofs").iterdir())
    assert len(found) > 100
    assert {f"{NOVEMBER}-captives.released.proof", f"{NOVEMBER}-rounds.7.prisoners.released.proof"} <= {*found}
    for name in found[::20]:
        done(here, "verify", f"proofs/{name}", "--key", "keys")
    done(here, "prove", NOVEMBER, *keeper, "--to", "proofs")  # again: each in place of the one before
    assert sorted(each.name for each in (here / "proofs").iterdir()) == found
    done(here, "prove", NOVEMBER, "prisoners", *keeper, "--occurred-by", "2023-11-27", "--to", "proofs")
    assert (here / "proofs" / f"{NOVEMBER}-prisoners.released@occurred_by_2023-11-27.proof").exists()
    refused = replay(here, "prove", NOVEMBER, *keeper)
    assert refused.code == 2
    assert "into a folder that is there" in refused.err


def test_a_figure_is_proved_and_checked(here: Path) -> None:
    keeper = ("--key", "keeper.key", "--checkpoints", "kept")
    done(here, "prove", NOVEMBER, "captives.released", *keeper, "--occurred-by", "2023-11-27", "--to", "proof")
    [checked] = done(here, "verify", "proof", "--key", "keys", "--json").lines
    assert (checked["figure"], checked["cut"]) == ("captives.released", {"occurred_by": "2023-11-27"})
    (here / "proof").write_text((here / "proof").read_text().replace("2023-11-27", "2023-11-28", 1))
    assert replay(here, "verify", "proof", "--key", "keys").code == 5
    assert replay(here, "prove", NOVEMBER, "captives.released", *keeper, "--to", "proof").code == 4  # it is there
    assert replay(here, "prove", "NORTH-SOUTH-2017", "captives.released", *keeper).code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("verify", "none"), 4),
        (("verify", "/proc/self/mem"), 4),
        (("audit", "/proc/self/mem"), 4),
        (("audit", "ledger.db", "--report", "ledger.db"), 2),
        (("verify", "ledger.db"), 4),
        (("verify", "keys"), 5),
        (("export", "a.ndjson", "--checkpoints", "kept"), 2),
        (("export", "archive", "--checkpoints", "keys"), 5),
        (("export", "archive", "--log", "sqlite:///none.db"), 4),
        (("export", "none/archive"), 4),
        (("export", "none/a.ndjson"), 4),
        (("restore", "none", "sqlite:///back.db"), 4),
        (("verify", "proof", "--key", "keeper.key"), 2),
        (("verify", "archive", "--checkpoint", "empty"), 2),
        (("audit", "archive", "--checkpoint", "empty"), 2),
        (("checkpoint", "--key", "keys", "--to", "kept"), 2),
        (("checkpoint", "--key", "none", "--to", "kept"), 4),
        (("consistency", "--since", "none", "--checkpoint", "kept"), 4),
    ],
)
def test_what_cannot_be_done_says_so(here: Path, words: tuple[str, ...], code: int) -> None:
    (here / "empty").mkdir()
    refused = replay(here, *words)
    assert (refused.code, "error:" in refused.err) == (code, True)
    assert not (here / "none.db").exists()
