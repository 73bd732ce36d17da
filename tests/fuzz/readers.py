"""Every reader of bytes from outside, one row each: valid inputs, how it reads, and how it says no."""

import asyncio
import csv
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, TypeAlias
from unittest import mock
from zipfile import ZIP_STORED, ZipFile

import orjson
from openpyxl import Workbook
from pydantic import ValidationError

from ledger.admission import admit
from ledger.api.access.tokens import Role, Tokens
from ledger.api.views.proofs import Proofs, proofs_bytes
from ledger.blocking import Ledger
from ledger.book.cut import Cut
from ledger.cli.publish import json_lines
from ledger.errors import InvalidEvent, LedgerError, LogUnreachable, UsageError, VerificationFailed
from ledger.log import open_log
from ledger.mapping.document import TableMapping
from ledger.mapping.events import mapped_events
from ledger.mapping.written import LAYOUTS
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.figure import SUFFIX, Bounds, ProvedFigure, SignedFigure
from ledger.proof.keys import Keyring, rotation
from ledger.proof.note import Note, SigningKey, VerifierKey, parse_note, split_notes
from ledger.proof.signed import verdict
from ledger.proof.tree import Edge
from ledger.settings import Settings
from ledger.words.counts import count_members
from ledger.words.moments import moment_members
from replay.archive.layout import seal
from replay.archive.verify import verify_archive
from replay.checkpoints.store import CheckpointStore
from replay.figure_proof import prove_figures, verify_figure
from schemas.codec import UnknownEvent, accept, decode, encode, skim
from schemas.dsse import event_bytes
from schemas.events import AnyEvent
from schemas.record import Frontier, Position
from schemas.redaction import redacted_bytes
from tests.api.serving import HOST, NDJSON, make_token, serving
from tests.cli.run import DATA, inside
from tests.history.bundled import NOVEMBER, history
from tests.log.events import EXCHANGE, released
from tests.replay.audit.auditing import audited, ledger_of
from tests.replay.keeping import KEY, KEYRING, NAME, NOON, WITNESS, archived, opened, published
from tests.replay.keeping import signed as checkpoint_of
from tests.replay.tampering import records
from tests.schemas.samples import EXAMPLES, accepted_otherwise, differences
from tests.schemas.test_carriers import cloud_event, cloud_event_in_base64, confluent
from tests.signing import KEYS, PRODUCERS, signed

Read: TypeAlias = Callable[[bytes], object]
ANSWER_S = 2.0
KEPT = 80
"""Events of the ledger that is archived, served and asked."""


class Refused(Exception):
    """Of a reader that answers rather than raises."""


class LeanAlone(Exception):
    """What the lean decoder takes and the strict one does not: it reads what was decoded strictly when it came."""


class Reader(NamedTuple):
    """`opened` gives the reader itself, with a folder for what it needs. `refusals` are its documented failures."""

    name: str
    seeds: Callable[[Path], Sequence[bytes]]
    opened: Callable[[Path], AbstractContextManager[Read]]
    refusals: tuple[type[Exception], ...]


def of_bytes(read: Read) -> Callable[[Path], AbstractContextManager[Read]]:
    return lambda folder: nullcontext(read)


def of_text(read: Callable[[str], object]) -> Callable[[Path], AbstractContextManager[Read]]:
    """Of text that whoever hands it on has decoded."""
    return of_bytes(lambda raw: read(raw.decode(errors="replace")))


def of_file(read: Callable[[Path], object], name: str = "input") -> Callable[[Path], AbstractContextManager[Read]]:
    def opened(folder: Path) -> AbstractContextManager[Read]:
        def written(raw: bytes) -> object:
            (folder / name).write_bytes(raw)
            return read(folder / name)

        return nullcontext(written)

    return opened


# -- events ------------------------------------------------------------------------------------


def events(_: Path) -> Sequence[bytes]:
    return [path.read_bytes().strip() for path in sorted(EXAMPLES.glob("*.json"))]


def carried_events(_: Path) -> Sequence[bytes]:
    plain = encode(released(1))
    carried = [confluent(plain), cloud_event(plain), cloud_event_in_base64(plain)]
    return [plain, *carried, signed(released(1)), redacted_bytes(released(1).id, EXCHANGE, bytes(32))]


def all_events(folder: Path) -> Sequence[bytes]:
    return [*events(folder), *carried_events(folder)]


def read_lean(raw: bytes) -> None:
    """Both decoders: what the strict one takes the lean one takes, with the same values in all that the fold reads."""
    lean = _read_or_refused(skim, raw)
    strict = _read_or_refused(decode, raw)
    if isinstance(strict, InvalidEvent):
        raise strict if isinstance(lean, InvalidEvent) else LeanAlone
    assert not isinstance(lean, InvalidEvent), f"the lean decoder refuses what the strict one takes: {lean}"
    apart = [] if isinstance(strict, UnknownEvent) and strict == lean else [*differences(strict, lean)]
    assert not apart, f"the lean decoder reads another event: {apart}"


def read_accepted(raw: bytes) -> None:
    """The fast way of validation: it takes what the full one takes, with the same values, and nothing else."""
    assert not (apart := accepted_otherwise(raw)), f"the fast way reads another event: {apart}"
    accept(raw)


def _read_or_refused(read: Callable[[bytes], AnyEvent | UnknownEvent], raw: bytes) -> object:
    try:
        return read(raw)
    except InvalidEvent as refused:
        return refused


def read_carried(raw: bytes) -> object:
    return event_bytes(raw), verdict(raw, NOON, PRODUCERS), admit(raw, NOON)


# -- files of events, and mappings -------------------------------------------------------------

CSV = (DATA / "exchanges.csv").read_bytes().splitlines(keepends=True)
MAPPING = DATA / "mapping.toml"
MAPPED = TableMapping.load(MAPPING)
ROWS = (InvalidEvent, UsageError)


def tables(_: Path) -> Sequence[bytes]:
    plain = [CSV[0] + b"".join(CSV[start : start + 2]) for start in range(1, len(CSV), 2)]
    text = plain[0].decode()
    return [*plain, text.encode("utf-16"), text.replace(",", "\t").encode(), f"A title\n;;\n{text}".encode()]


def workbooks(_: Path) -> Sequence[bytes]:
    workbook, raw = Workbook(), BytesIO()
    for row in csv.reader(b"".join(CSV[:5]).decode().splitlines()):
        workbook.active.append([int(cell) if cell.isdecimal() else cell for cell in row])
    workbook.save(raw)
    return [raw.getvalue(), stored(raw.getvalue())]


def stored(raw: bytes) -> bytes:
    """The same archive without compression, so that what is changed in it is still an archive of another content."""
    packed = BytesIO()
    with ZipFile(BytesIO(raw)) as source, ZipFile(packed, "w", ZIP_STORED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return packed.getvalue()


def json_rows(_: Path) -> Sequence[bytes]:
    rows = csv.DictReader(b"".join(CSV[:5]).decode().splitlines())
    return [b"\n".join(map(orjson.dumps, rows))]


HISTORY = DATA.parent / "history"
CLAIMS = (HISTORY / "claims.jsonl").read_bytes().splitlines(keepends=True)
PLAIN = [line for line in CLAIMS if b'"captives_released_cum"' in line]  # with no word that only this history has
CLAIMED = TableMapping.load(HISTORY / "mapping.toml")


def claims(_: Path) -> Sequence[bytes]:
    return [b"".join(CLAIMS[start : start + 12]) for start in range(0, len(CLAIMS), 40)]


def read_table(raw: bytes, mapping: TableMapping, name: str) -> None:
    """Raises the first of its rows' problems."""
    refused = [each.event for each in mapped_events(name, BytesIO(raw), mapping, lambda _: None)]
    for each in refused:
        if isinstance(each, InvalidEvent):
            raise each


def whole(path: Path, _: Path) -> Sequence[bytes]:
    """The bytes of a mapping; of a layout, with what it leaves to those that extend it."""
    own = path.read_bytes()
    return [
        own
        if b"\ndataset" in own
        else b'dataset = "d"\n' + own + b'[join.source]\nfile = "sources.csv"\nkey = "source_id"\n'
    ]


def read_mapping(path: Path, table: bytes, name: str) -> None:
    (path.parent / "sources.csv").write_bytes((HISTORY / "sources.csv").read_bytes())
    read_table(table, TableMapping.load(path), name)


def read_lines(raw: bytes) -> None:
    for line in json_lines("input", iter(raw.splitlines(keepends=True))):
        assert isinstance(line.event, bytes)
        admit(line.event, NOON)


# -- what is signed ----------------------------------------------------------------------------

NEXT_KEY = SigningKey(NAME, bytes(range(9, 41)))


def a_checkpoint(size: int = 3) -> Note:
    of = Checkpoint(NAME, size, bytes(range(32)), Position(0, size - 1), NOON)
    return WITNESS.sign(KEY.named(of.origin).sign(Note(of.text)), 1_772_366_400)


def notes(_: Path) -> Sequence[bytes]:
    return [str(a_checkpoint()).encode(), f"{a_checkpoint()}\n{a_checkpoint(4)}".encode()]


def read_notes(text: str) -> None:
    for note in split_notes(text):
        KEYRING.verify(note)
        WITNESS.verifier.verify(note)
    parse_checkpoint(parse_note(text))


def keys(_: Path) -> Sequence[bytes]:
    bounded = f"{KEY.verifier} since 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z\n\n{rotation(KEY, NEXT_KEY, NOON)}"
    return [KEYS.encode(), bounded.encode(), str(WITNESS.verifier).encode(), KEY.secret.encode()]


def read_keys(text: str) -> None:
    """As a file of trusted keys, as a key, as a private key: what is none of them raises the first refusal."""
    found = list[VerificationFailed]()
    for parse in (Keyring.parse, VerifierKey.parse, SigningKey.parse):
        try:
            parse(text)
        except VerificationFailed as refused:
            found.append(refused)
    if len(found) == 3:
        raise found[0]


GROWN = Edge()
GROWN.extend(bytes(range(96)))
OF_GROWN = Checkpoint(NAME, GROWN.size, GROWN.root(), Position(0, GROWN.size - 1), NOON)


def edges(_: Path) -> Sequence[bytes]:
    return [orjson.dumps({OF_GROWN.origin: [each.hex() for each in GROWN.peaks]})]


def read_edges(path: Path) -> None:
    if CheckpointStore(path.parent).edge(OF_GROWN) is None:
        raise Refused


# -- archives and proofs -----------------------------------------------------------------------


def an_archive(folder: Path) -> Path:
    url = published(folder / "kept.db", KEPT)
    plain = archived(url, folder / "plain.archive")
    note = checkpoint_of(records(plain), KEPT)
    return archived(url, folder / "kept.archive", note)


def archives(folder: Path) -> Sequence[bytes]:
    return [an_archive(folder).read_bytes()]


def read_sealed(path: Path) -> object:
    """As somebody hands it on who knows how an archive is made."""
    if path.stat().st_size < 3 * 8192:
        raise Refused
    seal(path)
    return verify_archive(path, KEYRING)


def proofs(folder: Path) -> Sequence[bytes]:
    note = checkpoint_of(records(an_archive(folder)), KEPT)

    async def prove() -> list[SignedFigure]:
        async with opened(f"sqlite:///{folder / 'kept.db'}") as log:
            return await prove_figures(log, KEY, [note], NOVEMBER, Bounds(), now=NOON)

    found = asyncio.run(prove())
    return [each for proof in found[:5] for each in (str(proof).encode(), proof.figure.text.encode())]


def read_proof(raw: bytes) -> object:
    """A proof as it is, or, where it bears no signature, as its keeper signs it."""
    if b'"signature"' in raw:
        return verify_figure(raw.decode(errors="replace"), KEYRING)
    figure = ProvedFigure.model_validate_json(raw)
    try:
        note = KEY.sign(Note(figure.text))
    except TypeError as error:  # a number that no keeper can print
        raise Refused from error
    return verify_figure(str(SignedFigure(figure, note)), KEYRING)


def read_offered(path: Path) -> None:
    """As a server finds it in its folder of proofs."""
    found = asyncio.run(Proofs(path.parent).of(NOVEMBER))
    proofs_bytes(found)
    if not found:
        raise Refused


def read_ledger(path: Path) -> None:
    """A ledger of one record that nobody validated: read, and audited."""
    database = path.with_suffix(".db")
    for each in path.parent.glob(f"{database.name}*"):
        each.unlink()
    url = ledger_of(database, path.read_bytes())
    if audited(url).failures():
        raise Refused
    with Ledger.open(url) as ledger:
        ledger.tallies()


# -- words: cuts, counts, positions, settings, tokens, command lines ------------------------------


def cuts(_: Path) -> Sequence[bytes]:
    bounds = b"2023-11-28\n2023-11-28T20:00+02:00\n2026-01-01T00:00:00.5Z\n018bfa2c-7000-8000-8000-000000000001\n"
    return [bounds + b"0:41,1:7", bounds.replace(b"2023-11-28\n", b"0001-01-01\n") + b"0:1"]


def read_cut(text: str) -> None:
    lines = [*text.split("\n"), *[""] * 5]
    cut = Cut.parse(*(line or None for line in lines[:4]))
    for event in history()[:3]:
        cut.knows(event)
        cut.has_begun(event.occurred)
        cut.covers(event)
    Frontier.parse(lines[4])


def words(_: Path) -> Sequence[bytes]:
    counts = ("24", "1,778", "about 900", "over 130", "40-45", "up to 1,000", "several", "unknown")
    moments = ("2017", "2017-03", "2017-W03", "2017-spring", "2017-03-05T14:30+03:00", "before 2017-03-05")
    return [each.encode() for each in (*counts, *moments)]


def read_words(text: str) -> None:
    try:
        count_members(text)
    except ValueError:
        moment_members(text)


def tokens(folder: Path) -> Sequence[bytes]:
    made = Tokens(folder / "made.json")
    shown = [made.make(f"feed-{role}", [role], NOON - NOON.replace(year=2025))[1] for role in Role]
    made.revoke(made.every()[0].id)
    return [(folder / "made.json").read_bytes(), *(each.encode() for each in shown)]


def read_tokens(path: Path) -> None:
    raw = path.read_bytes()
    Tokens(path.with_name("made.json")).find(raw.decode(errors="replace"))
    found = Tokens(path).every()
    for token in found:
        token.is_valid(NOON)
        token.may(Role.read)


def settings(_: Path) -> Sequence[bytes]:
    texts = (
        "LEDGER_LOG=sqlite:///x.db\nLEDGER_BATCH=10\nLEDGER_SIGNATURES=checked\nLEDGER_SIGNED_AFTER=0:406",
        "LEDGER_LOG=kafka://127.0.0.1:9092,[::1]:9093/prefix\nLEDGER_SERVE_PORT=8000\nLEDGER_SERVE_WORK=0",
        "LEDGER_SERVE_AGE=1e3\nLEDGER_WORKER_NAME=a.b-1\nLEDGER_SERVE_HOST=::1\nLEDGER_REGISTRY=https://a:b@c.example",
        'batch = 10\nlog = "sqlite:///x.db"\nserve_read = "token"\nsigning_key = "/x"\nserve_ping = 1.5',
    )
    return [each.encode() for each in texts]


@contextmanager
def read_settings(folder: Path) -> Iterator[Read]:
    """As the environment, and as a file. A log is opened only to find that there is none."""
    (folder / "producers").write_text(KEYS)

    def read(raw: bytes) -> None:
        text = raw.decode(errors="replace").replace("\0", "")
        said = dict(line.partition("=")[::2] for line in text.split("\n") if line.startswith("LEDGER_"))
        (folder / "ledger.toml").write_bytes(b"" if said else raw)
        with mock.patch.dict(os.environ, {"LEDGER_PRODUCER_KEYS": str(folder / "producers"), **said}):
            found = Settings.load()
            found.trust()
            if not found.log.startswith("kafka"):
                open_log(found.log, create=False)

    kept = Path.cwd()
    os.chdir(folder)
    try:
        yield read
    finally:
        os.chdir(kept)


def command_lines(_: Path) -> Sequence[bytes]:
    lines = (
        f"tallies {NOVEMBER} --occurred-by 2023-11-25 --json",
        f"rounds {NOVEMBER} --round 3 --published-by 2023-11-25T20:00+02:00",
        f"explain {NOVEMBER} rounds.1.captives.nationals --through 018bfa2c",
        "stated --recorded-by 2030-01-01",
        "terms",
        "doubles --json",
        "schema captives_released",
        f"changes --since 0:12 --until 2030-01-01 --exchange {NOVEMBER} --round 1 --all",
        "rebuild --occurred-by 2023-11-25 --json",
        "verify kept.archive --checkpoint kept.archive",
    )
    return [line.replace(" ", "\n").encode() for line in lines]


REPLAY = ("changes", "rebuild", "verify")
FOR_EVER = frozenset({"watch", "serve", "worker", "checkpoint"})
"""What does not end by itself, also `watch --count 3`, where fewer are to come."""


@contextmanager
def read_command_line(folder: Path) -> Iterator[Read]:
    """The boundary itself: a command line ends in an exit code of the table, and never says that this is a defect."""
    an_archive(folder)

    def read(raw: bytes) -> None:
        line = [each for each in raw.decode(errors="replace").replace("\0", "").split("\n") if each]
        program = "replay" if line and line[0] in REPLAY else "ledger"
        if not line or not FOR_EVER.isdisjoint(line):
            raise Refused
        ran = inside(folder, *line, program=program, LEDGER_LOG="sqlite:///kept.db")
        assert "Traceback" not in ran.err, ran.err
        assert "This is a defect" not in ran.err, ran.err
        assert 0 <= ran.code <= 5, f"exit code {ran.code}: {ran.err}"
        if ran.code:
            raise Refused

    yield read


# -- over HTTP ---------------------------------------------------------------------------------


def heads(_: Path) -> Sequence[bytes]:
    asked = (
        f"GET /v1/exchanges/{NOVEMBER}?occurred_by=2023-11-25&published_by=2023-11-26T10:00%2B02:00",
        f"GET /v1/exchanges/{NOVEMBER}/rounds.csv?recorded_by=2030-01-01&position=0:30",
        f"GET /v1/exchanges/{NOVEMBER}/rounds/1.metadata.json?through=018bfa2c",
        f"GET /v1/exchanges/{NOVEMBER}/figures/captives.nationals",
        f"GET /v1/exchanges/{NOVEMBER}/proof/captives.deal",
        f"GET /v1/events?after=0:10&limit=3&exchange={NOVEMBER}",
        f"GET /v1/events/{history()[3].id}",
        "GET /v1/stream/tallies?since=0:39",
        "GET /v1/rejected?limit=3&all=true",
        "GET /metrics",
        "GET /health/ready",
        "GET /page.js",
        "HEAD /",
        "OPTIONS /v1/events",
        "POST /v1/events",
    )
    shared = "HTTP/1.1\r\nHost: localhost:8000\r\nAccept: text/csv;q=0.5, */*\r\nAccept-Encoding: gzip, br;q=0\r\n"
    more = f'If-None-Match: W/"a", "b"\r\nLast-Event-ID: 0:39\r\nAuthorization: Bearer lgr_{"0" * 12}_{"A" * 43}\r\n'
    return [f"{each} {shared}{extra}\r\n".encode() for each in asked for extra in ("", more)]


def bodies(_: Path) -> Sequence[bytes]:
    known = [encode(event) for event in history()[:3]]
    return [*events(_), b"\n".join(known), b"\n".join([b'{"type":', *known[:1], signed(released(2))])]


class Failures(logging.Handler):
    """What a server in this process logs as failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record)

    def raise_first(self) -> None:
        if self.found:
            record = self.found[0]
            self.found.clear()
            raise AssertionError(record.getMessage()) from (record.exc_info and record.exc_info[1])


@contextmanager
def served(folder: Path, wrapped: Callable[[bytes, str], bytes]) -> Iterator[Read]:
    url, failures = published(folder / "served.db", KEPT), Failures()
    token = make_token(url, "publish")
    logging.getLogger().addHandler(failures)
    try:
        with serving(url, work=0) as server:

            def read(raw: bytes) -> None:
                status = answered(server.port, wrapped(raw, token))
                failures.raise_first()
                assert status not in (500, 501, 502), f"answered {status}"
                if not 200 <= status < 400:
                    raise Refused

            yield read
    finally:
        logging.getLogger().removeHandler(failures)


def answered(port: int, request: bytes) -> int:
    """The status of the first answer; 0 where the connection is closed, or nothing comes, as of half a request."""
    with socket.create_connection((HOST, port), ANSWER_S) as connection:
        connection.settimeout(0.2)
        try:
            connection.sendall(request)
            said = connection.recv(65536)
        except (TimeoutError, ConnectionError):
            return 0
    return int(said[9:12]) if said.startswith(b"HTTP/1.1 ") else 0


def posted(raw: bytes, token: str) -> bytes:
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {NDJSON}\r\n"
    return f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw


EVENT, FAILED = (InvalidEvent,), (VerificationFailed,)
TABLE: Sequence[Reader] = (
    Reader("codec", events, of_bytes(decode), EVENT),
    Reader("lean", events, of_bytes(read_lean), (InvalidEvent, LeanAlone)),
    Reader("accept", all_events, of_bytes(read_accepted), EVENT),
    Reader("carriers", carried_events, of_bytes(read_carried), EVENT),
    Reader("ndjson", bodies, of_bytes(read_lines), EVENT),
    *(
        Reader(f"{kind} rows", seeds, of_bytes(partial(read_table, mapping=MAPPED, name=f"rows.{kind}")), ROWS)
        for kind, seeds in (("csv", tables), ("jsonl", json_rows), ("xlsx", workbooks))
    ),
    Reader("claims", claims, of_bytes(partial(read_table, mapping=CLAIMED, name="claims.jsonl")), ROWS),
    *(
        Reader(
            name,
            partial(whole, path),
            of_file(partial(read_mapping, table=table, name=named)),
            ROWS,
        )
        for name, path, table, named in (
            ("mapping", MAPPING, b"".join(CSV[:6]), "rows.csv"),
            ("mapping of claims", HISTORY / "mapping.toml", b"".join(CLAIMS[::30]), "claims.jsonl"),
            ("layout", LAYOUTS / "claims.toml", b"".join(PLAIN), "claims.jsonl"),
        )
    ),
    Reader("notes", notes, of_text(read_notes), FAILED),
    Reader("keys", keys, of_text(read_keys), FAILED),
    Reader("edges", edges, of_file(read_edges, "edges.json"), (Refused,)),
    Reader("proof", proofs, of_bytes(read_proof), (VerificationFailed, ValidationError, Refused)),
    Reader("offered proof", proofs, of_file(read_offered, f"a{SUFFIX}"), (Refused,)),
    Reader(
        "archive", archives, of_file(partial(verify_archive, keyring=KEYRING)), (VerificationFailed, LogUnreachable)
    ),
    Reader("sealed archive", archives, of_file(read_sealed), (VerificationFailed, LogUnreachable, Refused)),
    Reader("ledger", events, of_file(read_ledger), (LedgerError, Refused)),
    Reader("cuts", cuts, of_text(read_cut), (UsageError, ValueError)),
    Reader("words", words, of_text(read_words), (ValueError,)),
    Reader("tokens", tokens, of_file(read_tokens), (LedgerError,)),
    Reader("settings", settings, read_settings, (UsageError, LogUnreachable)),
    Reader("command line", command_lines, read_command_line, (Refused,)),
    Reader("http head", heads, partial(served, wrapped=lambda raw, token: raw + b"\r\n\r\n"), (Refused,)),
    Reader("http body", bodies, partial(served, wrapped=posted), (Refused,)),
)
READERS = {reader.name: reader for reader in TABLE}
