"""`docs/first-hour.md` step by step: its commands are run, and what they answer is what it says."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.run import inside
from tests.test_docs import TREE

PAGE = (TREE / "docs/first-hour.md").read_text("utf-8")
TABLE = TREE / "examples/first_hour/releases.csv"
_FENCE = re.compile(r"^```([\w-]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps() -> list[tuple[str, str]]:
    return _FENCE.findall(PAGE)


def test_the_table_is_the_one_that_is_shown() -> None:
    assert ("text", TABLE.read_text("utf-8")) in steps()


def test_every_step_answers_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "releases.csv").write_bytes(TABLE.read_bytes())
    mapping, said, answers = tmp_path / "releases.toml", "", 0
    for language, text in steps():
        match language:
            case "sh":
                ran = [inside(tmp_path, *shlex.split(line)[1:]) for line in text.replace("\\\n", " ").splitlines()]
                assert [each.code for each in ran] == [0] * len(ran), [each.err for each in ran]
                said = "\n".join(each.out + each.err for each in ran)
            case "toml":
                assert "TODO" in mapping.read_text("utf-8")
                mapping.write_text(text, "utf-8")
            case "toml-line":
                before = mapping.read_text("utf-8")
                mapping.write_text(before.replace('"{People:count}"\n', f'"{{People:count}}"\n{text}'), "utf-8")
            case "output":
                for line in text.splitlines():
                    assert " ".join(line.split()) in " ".join(said.split()), line
                    answers += 1
    assert answers >= 10


@pytest.mark.parametrize("language", ["sh", "toml", "toml-line", "output"])
def test_the_page_has_each_kind_of_step(language: str) -> None:
    assert language in {each for each, _ in steps()}
