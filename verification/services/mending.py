"""Mending a paste in place: single texts of it are replaced or left out; all else stays as it was, in its order.

A text that stands alone in its line is mended together with its line, so that a person sees what surrounds it: in
`Wanda wanda @example.com` the fault lies beside what was read.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from .characters import visible
from .partition import text_of
from .paste import Entry
from .typos import corrected

# No slip is longer, and no field of one line could show more.
LONGEST = 400

# From where to where in its line, and what is to stand there.
Change = tuple[int, int, str]


def place_of(entry: Entry) -> str:
    """The name of an entry among those of its paste."""
    return f"{entry.line}-{entry.start}"


class Mending:
    """A paste and the entries that were read from it."""

    def __init__(self, text: str, entries: Iterable[Entry]) -> None:
        self._lines = text.splitlines()
        self._endings = [whole[len(line) :] for whole, line in zip(text.splitlines(True), self._lines, strict=True)]
        self._entries = tuple(entries)
        self._on_line = Counter(entry.line for entry in self._entries)

    def text_at(self, entry: Entry) -> str:
        """What a field for mending the entry holds; empty where the text is too long to be mended in place."""
        start, end = self._extent(entry)
        return visible(self._lines[entry.line - 1][start:end]) if end - start <= LONGEST else ""

    def mended(self, typed: Mapping[str, str], suggested: Collection[str], left_out: Collection[str]) -> str:
        """The paste with entries replaced by what was typed for them, or by what they probably meant, or left out.

        All are named by `place_of`; other names are ignored. What was typed changes nothing where it is what
        `text_at` gave.
        """
        changes: dict[int, list[Change]] = defaultdict(list)
        for entry in self._entries:
            name = place_of(entry)
            if name in left_out:
                changes[entry.line].append((*self._extent(entry), ""))
            elif name in suggested and (meant := corrected(text_of(entry))):
                changes[entry.line].append((entry.start, entry.end, meant.email))
            elif name in typed and typed[name] != self.text_at(entry):
                changes[entry.line].append((*self._extent(entry), " ".join(typed[name].splitlines())))
        lines = (_changed(line, changes[number]) for number, line in enumerate(self._lines, start=1))
        return "".join(line + ending for line, ending in zip(lines, self._endings, strict=True))

    def _extent(self, entry: Entry) -> tuple[int, int]:
        """What of its line is mended with an entry: all of it where nothing else was read there."""
        alone = self._on_line[entry.line] == 1
        return (0, len(self._lines[entry.line - 1])) if alone else (entry.start, entry.end)


def _changed(line: str, changes: Iterable[Change]) -> str:
    for start, end, text in sorted(changes, reverse=True):
        line = line[:start] + text + line[end:]
    return line
