"""What stands where in an archive: one SQLite file that is the same bytes for the same log.

Nothing in it depends on when, where or in how many steps it was written: the tables are laid out anew each time, in
their order below, and the file's header is a constant but for the number of pages. The digest of the whole file
stands at the end of its second page, which is the one page of `seal`.
"""

import hashlib
import struct
from pathlib import Path

PAGE_BYTES = 8192
APPLICATION_ID = 0x4C444741  # "LDGA"
LEDGER_ID = 0x4C444752  # "LDGR": what a SQLite ledger bears, which is no archive; a test holds it to that
FORMATS = (1, 2)
"""Those that can be read. The last is written."""
INDEX_BITS = 40
DIGEST_BYTES = 32
DIGEST_AT = 2 * PAGE_BYTES - DIGEST_BYTES
_CHUNK_BYTES = 1 << 20

TABLES = (
    """CREATE TABLE seal (
    sha256 BLOB NOT NULL                -- of the file, with these 32 bytes as zeros
) STRICT""",
    """CREATE TABLE readme (
    text TEXT NOT NULL
) STRICT""",
    """CREATE TABLE partitions (
    partition INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,              -- how many records it has
    last INTEGER NOT NULL,              -- the offset of the last
    root BLOB NOT NULL                  -- the root of its tree
) STRICT""",
    """CREATE TABLE checkpoints (
    partition INTEGER NOT NULL,
    size INTEGER NOT NULL,              -- how many records it speaks of
    note TEXT NOT NULL,                 -- a signed note (C2SP tlog-checkpoint)
    PRIMARY KEY (partition, size, note)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE schemas (
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    schema TEXT NOT NULL,               -- JSON Schema 2020-12 of an event's payload
    PRIMARY KEY (type, version)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tiles (
    partition INTEGER NOT NULL,
    level INTEGER NOT NULL,             -- 0: hashes of records; 1: each over 256 of those; 2: each over 256 of level 1
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,               -- 256 of 32 bytes, fewer in the last tile of a level
    PRIMARY KEY (partition, level, number)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE records (
    number INTEGER PRIMARY KEY,         -- partition * 2^40 + how many records of the partition stand before it
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,            -- its position in the partition
    recorded_at INTEGER NOT NULL,       -- microseconds since 1970, UTC
    payload BLOB NOT NULL,              -- the event: exactly the bytes that its producer sent
    entered_by BLOB                     -- by which token or desk, such as `token:newsroom-feed`; null: nobody says so
) STRICT""",
)
FIRST_TABLES = (
    *TABLES[:-1],
    """CREATE TABLE records (
    number INTEGER PRIMARY KEY,         -- partition * 2^40 + how many records of the partition stand before it
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,            -- its position in the partition
    recorded_at INTEGER NOT NULL,       -- microseconds since 1970, UTC
    payload BLOB NOT NULL               -- the event: exactly the bytes that its producer sent
) STRICT""",
)
"""Those of the first format, which did not say who entered an event."""

README = """\
This file is an archive of an exchange-ledger: a record of who was freed and who was exchanged, as sources stated it.
It is an SQLite 3 database. Nothing else is needed to read it.

WHAT IS IN IT
  records      every event, in the order in which the ledger recorded it. `payload` is JSON: somebody's attributed
               statement that something happened. Statements are never changed; later ones correct or retract them.
  schemas      what each type of event may say (JSON Schema).
  partitions   how many records each partition has, and the root of its tree.
  tiles        the lower levels of each tree.
  checkpoints  what the ledger's keeper signed: so many records, under this root, at this time.
  seal         the SHA-256 of the file.

  Try:  SELECT "offset", datetime(recorded_at / 1000000, 'unixepoch'), CAST(payload AS TEXT) FROM records;

HOW TO CHECK IT
  With the software, exchange-ledger:   replay verify FILE --key KEYS --checkpoint NOTES
  where KEYS and NOTES came to you by another way than this file.

  Without it:
  1. The file is as it was written if the SHA-256 over all of it, with bytes 16352 to 16383 (from 0) taken as zeros,
     is what these 32 bytes are.
  2. The hash of a record is SHA-256 over: byte 0x00; byte 0x01; the partition in 4 bytes; the offset in 8 bytes;
     recorded_at in 8 bytes (all big-endian); the payload. Where entered_by is not null, the second byte is 0x02, and
     before the payload stand the length of entered_by in 4 bytes and its bytes. Of a record whose payload is
     {"type":"redacted",...} the bytes were removed, since they held what nobody may keep: `leaf` is its hash, and a
     later record of type event_redacted says who removed them, when and why.
  3. Tiles of level 0 hold these hashes in order. A partition's root follows from them as RFC 6962, section 2.1, says:
     the hash of a node is SHA-256 over byte 0x01, the left hash, the right hash; the left side of a tree of n has the
     largest power of two below n.
  4. A checkpoint's third line is, in Base 64, the root of the first so many records as its second line says. Its
     signature is Ed25519 over its text up to and including the newline before the empty line.

WHAT THE CHECK TELLS
  That no record was changed, dropped, added or moved since a checkpoint was signed that you have from elsewhere.
  Not that a statement is true: for that, each event names its source.
"""


def number(partition: int, index: int) -> int:
    """The key of a record: the `index`th of its partition, from 0."""
    return (partition << INDEX_BITS) + index


def header(pages: int, format: int = FORMATS[-1]) -> bytes:
    """The first 100 bytes of an archive (SQLite's file format, 1.3). All that could vary is fixed, but for these."""
    return struct.pack(
        ">16s H 6B 12I 20x 2I",
        *(b"SQLite format 3\0", PAGE_BYTES, 1, 1, 0, 64, 32, 32),
        *(1, pages, 0, 0, 1, 4, 0, 0, 1, format, 0, APPLICATION_ID),
        *(1, 3_051_003),  # written by SQLite 3.51.3, the oldest that this software takes
    )


def seal(path: Path) -> None:
    """Write an archive's header and its digest, which makes it one."""
    pages = path.stat().st_size // PAGE_BYTES
    with path.open("r+b") as file:
        file.write(header(pages))
        file.seek(DIGEST_AT)
        file.write(bytes(DIGEST_BYTES))
    digest = digest_of(path)
    with path.open("r+b") as file:
        file.seek(DIGEST_AT)
        file.write(digest)


def is_sealed(path: Path) -> bool:
    """Whether a file is, to the last bit, an archive as it was written."""
    size = path.stat().st_size
    if size < 2 * PAGE_BYTES or size % PAGE_BYTES:
        return False
    with path.open("rb") as file:
        if file.read(100) not in [header(size // PAGE_BYTES, each) for each in FORMATS]:
            return False
        file.seek(DIGEST_AT)
        return file.read(DIGEST_BYTES) == digest_of(path)


def digest_of(path: Path) -> bytes:
    """The SHA-256 of a file, with the place of the digest taken as zeros."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        total.update(file.read(DIGEST_AT))
        total.update(bytes(len(file.read(DIGEST_BYTES))))
        while chunk := file.read(_CHUNK_BYTES):
            total.update(chunk)
    return total.digest()
