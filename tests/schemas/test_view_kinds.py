"""A view that is half there ends the program when it starts."""

import pytest

from schemas.view_kinds import VIEW_KINDS, InDigest, ViewKind, digested

TALLY, ROUNDS, CLAIMS = (VIEW_KINDS[name] for name in ("tally", "rounds", "claims"))


@pytest.mark.parametrize("missing", ViewKind._fields)
def test_a_row_says_every_part(missing: str) -> None:
    parts = {name: value for name, value in CLAIMS._asdict().items() if name != missing}
    with pytest.raises(TypeError, match=f"missing 1 required positional argument: '{missing}'"):
        ViewKind(**parts)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (CLAIMS._replace(digest=InDigest(6, "occurrence")), r"places \[1, 2, 3, 4, 5, 6\]"),
        (CLAIMS._replace(digest=InDigest(8, "occurrence")), r"places \[1, 2, 3, 4, 5, 6, 8\]"),
        (CLAIMS._replace(digest=InDigest(7, "event")), "claims: event does not tell one OccurrenceView from another"),
        (CLAIMS._replace(digest=InDigest(7, None)), "claims: None does not tell one OccurrenceView from another"),
    ],
)
def test_a_digest_of_views_that_nothing_tells_apart_ends_the_program(changed: ViewKind, message: str) -> None:
    assert [kind.name for kind, _ in digested(VIEW_KINDS.values())][:2] == [TALLY.name, ROUNDS.name]
    with pytest.raises(LookupError, match=message):
        digested([*VIEW_KINDS.values(), changed])
