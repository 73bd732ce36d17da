"""Words as they are looked for: in any script, without case, accents, vowel points and the like."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple, Self

WORDS_MAX = 16
"""Words of a question that are looked for."""

_ALIKE = str.maketrans(
    {
        **dict(zip("٠١٢٣٤٥٦٧٨٩", "0123456789", strict=True)),
        **dict(zip("۰۱۲۳۴۵۶۷۸۹", "0123456789", strict=True)),
        "ـ": "",  # Arabic tatweel, which only makes a word longer
        **dict(zip("\u0671\u0649\u06cc\u06a9\u0629", "\u0627\u064a\u064a\u0643\u0647", strict=True)),
        **dict(zip("łøđıħ", "lodih", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ð": "d",
    }
)
"""Letters that people write for each other, and that no decomposition of Unicode takes for each other."""
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]|"  # no spaces between words
    r"[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)


def folded(text: str) -> str:
    """A text without what tells apart how a word is written, and not which word it is."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(each for each in decomposed if unicodedata.category(each) != "Mn").translate(_ALIKE)


def words(text: str) -> list[str]:
    """The words of a text, folded. Where a script has no spaces between words, each of its letters is one."""
    return _WORD.findall(folded(text))


class Phrase(NamedTuple):
    """What somebody looks for: words that must all be there, and the beginning of another one."""

    whole: tuple[str, ...]
    beginning: str

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The words of a question, of which the last may not be written to its end; None where it has none."""
        found = words(text)[:WORDS_MAX]
        return cls(tuple(dict.fromkeys(found[:-1])), found[-1]) if found else None

    def within(self, texts: Iterable[str]) -> bool:
        """Whether some texts together have every word."""
        found = {word for text in texts for word in words(text)}
        return found.issuperset(self.whole) and any(word.startswith(self.beginning) for word in found)

    def best(self, texts: Iterable[str]) -> str:
        """The text that has most of the words, the first of those; empty where there is none."""
        return max(texts, key=self._count, default="")

    def has_some(self, text: str) -> bool:
        """Whether a text has any of the words."""
        return self._count(text) > 0

    def likeness(self, text: str) -> int:
        """How much a name is like the words: 0 where it is just them, 1 where it begins so, else 2."""
        mine, its = (*self.whole, self.beginning), tuple(words(text))
        if its == mine:
            return 0
        begins = its[: len(self.whole)] == self.whole and len(its) >= len(mine)
        return 1 if begins and its[len(self.whole)].startswith(self.beginning) else 2

    def _count(self, text: str) -> int:
        its = words(text)
        return sum(each in its for each in self.whole) + any(each.startswith(self.beginning) for each in its)
