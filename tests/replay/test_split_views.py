"""Every command that verifies x every checkpoint that it can be given: used, or refused with what would let it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.proof.note import Note, SigningKey, split_notes
from tests.cli.run import Ran, inside
from tests.history.bundled import NOVEMBER, history
from tests.replay.keeping import KEY, NAME, THIEF, WITNESS, append, archived, published, signed
from tests.replay.tampering import Found, records

SIZE = 200
OTHER = SigningKey("example.net/other", bytes(range(2, 34)))
TRUSTED = ("--key", "keys")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "verify archive": ("verify", "archive", *TRUSTED),
    "verify proof": ("verify", "deal.proof", *TRUSTED),
    "verify proof, joined": ("verify", "deal.proof", *TRUSTED, "--consistency", "steps"),
    "audit archive": ("audit", "archive", *TRUSTED),
    "audit log": ("audit", "sqlite:///ledger.db", *TRUSTED),
    "witness": ("witness", "--state", "state", "--trust", "keys", "--key", "witness.key", "--log", "sqlite:///long.db"),
    "consistency": ("consistency", "--since", "deal.proof", "--log", "sqlite:///long.db"),
}
GOOD = (0, "")
OTHERS = (5, "is of others")
LONGER = (5, "covers more than the 200 here")
ALIEN = (5, "is not signed by any key that you trust")
ASKED = (5, f"this is the ledger {OTHER.name}, and {NAME} is asked for")
TWO = (5, f"the checkpoints are of 2 ledgers, {OTHER.name}, {NAME}")
CUT = (5, "note 1 is cut off")
VIEWS = (5, "two histories of 200 records, of the roots")
APART = (2, "no consistency proof joins the two")
BACK = (5, "rollback")
NONE = (5, "no proof can be made here")
# fmt: off
GIVEN = ("same", "fork", "smaller", "larger", "origin", "key", "cut", "several", "forks", "fork that grew")
EXPECTED = {
    "verify archive": (GOOD, OTHERS, GOOD, LONGER, TWO, ALIEN, CUT, GOOD, OTHERS, LONGER),
    "audit archive": (GOOD, OTHERS, GOOD, LONGER, TWO, ALIEN, CUT, GOOD, OTHERS, LONGER),
    "audit log": (GOOD, OTHERS, GOOD, LONGER, ASKED, ALIEN, CUT, GOOD, OTHERS, LONGER),
    "verify proof": (GOOD, VIEWS, APART, APART, TWO, ALIEN, CUT, APART, VIEWS, APART),
    "verify proof, joined": (GOOD, VIEWS, GOOD, GOOD, TWO, ALIEN, CUT, GOOD, VIEWS, APART),
    "witness": (GOOD, VIEWS, BACK, GOOD, ASKED, ALIEN, CUT, GOOD, VIEWS, NONE),  # which saw that of 200 before
    "consistency": (GOOD, VIEWS, GOOD, GOOD, TWO, GOOD, CUT, GOOD, VIEWS, NONE),  # which trusts nobody
}
# fmt: on
CASES = [(command, given) for command in COMMANDS for given in GIVEN]


def replay(here: Path, *words: str) -> Ran:
    return inside(here, *words, program="replay")


def found(folder: Path, name: str, url: str) -> Found:
    return records(archived(url, folder / f"{name}.all"))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger, what became of it later, and a forgery by its keeper; an archive, a proof, and checkpoints of all."""
    here = tmp_path_factory.mktemp("views")
    whole = found(here, "long", published(here / "long.db", 300))
    fork = found(here, "fork", append(f"sqlite:///{here / 'fork.db'}", [*history()[:50], *history()[51:300]]))
    own = {size: signed(whole, size) for size in (100, SIZE, 300)}
    forked = {size: signed(fork, size) for size in (SIZE, 299)}
    given: Mapping[str, list[Note]] = {
        "same": [own[SIZE]],
        "fork": [forked[SIZE]],
        "smaller": [own[100]],
        "larger": [own[300]],
        "origin": [signed(whole, SIZE, OTHER)],
        "key": [signed(whole, SIZE, THIEF)],
        "several": [own[100], own[SIZE]],
        "forks": [own[SIZE], forked[SIZE]],
        "fork that grew": [forked[299]],
    }
    for name, notes in given.items():
        (here / name).write_text("\n".join(map(str, notes)))
    (here / "cut").write_text("example.org/ledger/0\n200\n")
    (here / "keys").write_text(f"{KEY.verifier}\n{OTHER.verifier}\n")
    (here / "keeper.key").write_text(KEY.secret)
    (here / "witness.key").write_text(WITNESS.secret)
    url = published(here / "ledger.db", SIZE)
    archived(url, here / "archive", own[SIZE])
    done = replay(here, *PROVE, "--checkpoints", "same", "--to", "deal.proof")
    steps = [replay(here, *COMMANDS["consistency"], "--checkpoint", name) for name in ("smaller", "larger")]
    (here / "steps").write_text("".join(each.out for each in steps))
    assert {each.code for each in (done, *steps)} == {0}
    return here


PROVE = ("prove", NOVEMBER, "captives.deal", "--key", "keeper.key", "--log", "sqlite:///ledger.db")


@pytest.mark.parametrize(("command", "given"), CASES, ids=lambda each: each)
def test_every_checkpoint_is_used_or_refused(here: Path, command: str, given: str) -> None:
    words = [*COMMANDS[command], "--checkpoint", given]
    if command == "witness":
        (here / "state").unlink(missing_ok=True)
        assert replay(here, *words[:-1], "same").code == 0
    if given == "origin" and command != "consistency":
        words += ["--ledger", NAME]
    ran, (code, why) = replay(here, *words), EXPECTED[command][GIVEN.index(given)]
    assert (ran.code, why in " ".join(ran.err.split())) == (code, True), ran.err


@pytest.mark.parametrize(("given", "why"), [("fork", "the log was changed"), ("origin", f"and {NAME} is asked for")])
def test_a_prover_holds_the_log_against_every_checkpoint(here: Path, given: str, why: str) -> None:
    (here / "mixed").write_text(f"{(here / given).read_text()}\n{(here / 'same').read_text()}")
    for name in (given, "mixed"):
        ran = replay(here, *PROVE, "--checkpoints", name)
        assert (ran.code, why in ran.err or "of 2 ledgers" in ran.err) == (5, True)


@pytest.mark.parametrize(("given", "why"), [("forks", "the log was changed"), ("fork", "the log was changed")])
def test_no_archive_is_made_with_a_checkpoint_of_others(here: Path, given: str, why: str) -> None:
    ran = replay(here, "export", "made", "--checkpoints", given, "--log", "sqlite:///ledger.db")
    assert (ran.code, why in ran.err, (here / "made").exists()) == (5, True, False)


def test_a_forged_proof_of_the_same_size_and_key_is_refused(here: Path) -> None:
    proving = [word.replace("ledger.db", "short.db") for word in PROVE]
    append(f"sqlite:///{here / 'short.db'}", [*history()[:50], *history()[51 : SIZE + 1]])
    assert replay(here, *proving, "--checkpoints", "fork", "--to", "forged.proof").code == 0
    assert replay(here, "verify", "forged.proof", *TRUSTED).code == 0
    for checkpoint in ("same", "deal.proof"):
        refused = replay(here, "verify", "forged.proof", *TRUSTED, "--checkpoint", checkpoint)
        assert (refused.code, "two histories of 200 records" in refused.err) == (5, True)
    refused = replay(here, *COMMANDS["consistency"], "--checkpoint", "forged.proof")
    assert (refused.code, "two histories of 200 records" in refused.err) == (5, True)


# -- whose ledger it is ------------------------------------------------------------------------


def test_the_ledger_is_printed_and_can_be_demanded(here: Path) -> None:
    archived(f"sqlite:///{here / 'ledger.db'}", here / "others", *split_notes((here / "origin").read_text()))
    for name, archive in ((NAME, "archive"), (OTHER.name, "others")):
        verified = replay(here, "verify", archive, *TRUSTED, "--json")
        assert (verified.code, verified.lines[0]["ledger"]) == (0, name)
        assert f"the keys are of 2 names, and this is the ledger {name}" in " ".join(verified.err.split())
        audited = replay(here, "audit", archive, *TRUSTED, "--json")
        assert (audited.code, audited.lines[0]["facts"]["ledger"]) == (0, name)
    for number, words in enumerate(
        [("verify", "others", *TRUSTED), ("audit", "others", *TRUSTED), ("restore", "others")]
    ):
        to = (f"sqlite:///{here}/{number}.db",) if words[0] == "restore" else ()
        refused = replay(here, *words, *to, "--ledger", NAME)
        assert (refused.code, ASKED[1] in " ".join(refused.err.split())) == (5, True)
        assert replay(here, *words, *to, "--ledger", OTHER.name).code == 0
    proved = replay(here, "verify", "deal.proof", *TRUSTED, "--ledger", NAME, "--json")
    assert (proved.code, proved.lines[0]["ledger"], proved.err) == (0, NAME, "")
    assert replay(here, "verify", "deal.proof", *TRUSTED, "--ledger", OTHER.name).code == 5


def test_a_ledger_without_checkpoints_has_no_name(here: Path) -> None:
    archived(f"sqlite:///{here / 'ledger.db'}", here / "bare")
    verified = replay(here, "verify", "bare", "--json")
    assert (verified.code, verified.lines[0]["ledger"]) == (0, None)
    refused = replay(here, "verify", "bare", "--ledger", NAME)
    assert (refused.code, "no checkpoint says which ledger this is" in refused.err) == (5, True)


def test_several_ledgers_in_one_archive_or_file_are_refused(here: Path) -> None:
    (here / "two").write_text(f"{(here / 'origin').read_text()}\n{(here / 'same').read_text()}")
    exported = replay(here, "export", "both", "--checkpoints", "two", "--log", "sqlite:///ledger.db")
    assert (exported.code, TWO[1] in exported.err) == (5, True)
    for command in COMMANDS:
        ran = replay(here, *COMMANDS[command], "--checkpoint", "two")
        assert (ran.code, TWO[1] in " ".join(ran.err.split())) == (5, True), command
