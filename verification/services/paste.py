"""A messy paste: which addresses stand in it, in its order, and what looked like one but isn't.

    text ─► lines ─► chunks (between blanks, commas, semicolons) ─► words (between brackets, quotes) ─► one address

Words are only ever cut apart, never joined, and a word that is stuck to a bracket or a quotation mark is read
together with it (and rejected), so that no address comes out that nobody wrote. The standard library's reader of
address lists joins neighbours, which makes a mail to a stranger. All steps take time linear in the length of the paste.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from .addresses import BLANK, NO_AT, Address, Rejected, read_address, read_bare, reject
from .characters import BLANKS, ZERO_WIDTH, plain, strip

STRAY_MARK = _("it begins with a mark whose partner stands elsewhere")

BRACKETS = dict(zip("<([«‹「『【《〈〔‘", ">)]»›」』】》〉〕’", strict=True))
# Signs that an address may begin with, and that are also written around it: they go where the partner follows.
MARKS = {"'": "'", "`": "`", "*": "*", "_": "_", "~": "~", "|": "|", "{": "}"}
# Signs that no domain ends with. A hyphen and an equals sign are not among them: a line broken there goes on below.
ENDINGS = "".join(MARKS.values()) + ":!?" + ZERO_WIDTH
LABELS = {"email", "e-mail", "mail", "smtp", "to", "cc", "bcc", "from"}
LABELS |= {"邮箱", "邮件", "电子邮箱", "电子邮件", "邮箱地址", "邮件地址", "收件人", "抄送", "发件人"}
OPENINGS = {"#", '"', *BRACKETS}
# No address with its name is longer; what is longer is read as it stands, in one piece.
LONGEST_CHUNK = 2_000

_SEPARATORS = re.escape(BLANKS) + ",;、،؛"
_FENCES = re.escape('"' + "".join(BRACKETS) + "".join(BRACKETS.values()))
_SOFT = re.escape("".join(MARKS) + ENDINGS + ".。")
CHUNK = re.compile(rf"[^{_SEPARATORS}{re.escape(ZERO_WIDTH)}][^{_SEPARATORS}]*")
CONTENT = re.compile(rf'[^{_SEPARATORS}{re.escape(ZERO_WIDTH)}"]')
DECORATION = re.compile(rf"(?:[^{_SEPARATORS}{_FENCES}#@]*+[{_SEPARATORS}]++)*+")
SEPARATOR = re.compile(rf"[{_SEPARATORS}]|$")
FENCE = re.compile(rf"([{_FENCES}])")
QUOTED = re.compile(rf'[{re.escape("".join(BRACKETS))}]*+"([^"]*+)"')
SOLID = re.compile(rf"[{_SOFT}]*[^{_SOFT}{_SEPARATORS}{_FENCES}]")
STUCK_ADDRESS = re.compile(rf"[^{_SEPARATORS}{_FENCES}@]*@")
ANGLED_ADDRESS = re.compile(rf"[{re.escape(BLANKS)}]*<[^<>@]*@")
TORN_DOMAIN = re.compile(rf"[{re.escape(BLANKS)}]+[.。]\w[^{_SEPARATORS}]*")
CLOSING_MARK = re.compile(
    rf"(?<=[^{_SEPARATORS}])([{re.escape(''.join(MARKS.values()))}])(?=[{_SEPARATORS}{_FENCES}{_SOFT}]|$)"
)


# A result with the place of its text in the line.
Placed = tuple[Address | Rejected, int, int]


@dataclass(frozen=True)
class Entry:
    """What was read, and where: the number of its line (the first is 1), and from where to where in that line."""

    line: int
    result: Address | Rejected
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Paste:
    """All entries in the order of the paste, repeated ones too. With `too_many` the reading stopped before the end."""

    entries: tuple[Entry, ...]
    comments: int
    too_many: bool = False


def read_paste(text: str, limit: int = 10_000) -> Paste:
    """Read all addresses of a pasted text.

    Reading stops, with `too_many`, after more than `limit` different addresses or after more than `limit` entries
    beside them (rejected, repeated).
    """
    entries: list[Entry] = []
    keys: set[str] = set()
    comments = 0
    for number, row in enumerate(plain(text).splitlines(), start=1):
        if not row.strip():
            continue
        line = _Line(row)
        for result, start, end in line.results():
            entries.append(Entry(number, result, start, end))
            if isinstance(result, Address):
                keys.add(result.key)
            if max(len(keys), len(entries) - len(keys)) > limit:
                return Paste(tuple(entries), comments, too_many=True)
        comments += line.has_comment
    return Paste(tuple(entries), comments)


class _Line:
    def __init__(self, text: str) -> None:
        self.text = text
        self._end = len(text)

    @property
    def has_comment(self) -> bool:
        """Known once the results are read."""
        return self._end < len(self.text)

    def results(self) -> Iterator[Placed]:
        """All that has an @, in order; beside it, texts without one are names and other decoration."""
        found = False
        for start, end in self._chunks() if "@" in self.text or "#" in self.text else ():
            if "@" in self.text[start:end]:
                found = True
                yield from self._read_chunk(start, end)
        if not found and CONTENT.search(self.text, 0, self._end):
            yield reject(strip(self.text[: self._end]), NO_AT), 0, self._end

    def _chunks(self) -> Iterator[tuple[int, int]]:
        """Where each text between two separators begins and ends, without quoted names, up to the comment."""
        position = quoted_until = 0
        while chunk := CHUNK.search(self.text, self._next_sign(position)):
            start, position = chunk.span()
            if self.text[start] in OPENINGS and start >= quoted_until:
                if self._begins_comment(start):
                    self._end = start
                    return
                if quoted := QUOTED.match(self.text, start):
                    quoted_until = quoted.end()
                    if self._is_name(quoted):
                        position = quoted_until
                        continue
                    if STUCK_ADDRESS.match(self.text, quoted_until):
                        position = self._next_separator(quoted_until)
            yield start, position

    def _begins_comment(self, start: int) -> bool:
        if self.text[start] != "#":
            return False
        before = start - 1
        while before >= 0 and self.text[before] in ZERO_WIDTH:
            before -= 1
        return before < 0 or self.text[before].isspace()

    def _is_name(self, quoted: re.Match[str]) -> bool:
        """Whether an address in angle brackets follows. Brackets in the name itself mean that a quote went astray."""
        return "<" not in quoted[1] and bool(ANGLED_ADDRESS.match(self.text, quoted.end()))

    def _next_sign(self, position: int) -> int:
        """The first text from here on that may be more than decoration."""
        decoration = DECORATION.match(self.text, position)
        return decoration.end() if decoration else position

    def _next_separator(self, position: int) -> int:
        separator = SEPARATOR.search(self.text, position)
        return separator.start() if separator else len(self.text)

    def _read_chunk(self, start: int, end: int) -> Iterator[Placed]:
        text = self.text[start:end]
        if torn := TORN_DOMAIN.match(self.text, end):
            yield reject(text + torn[0], BLANK), start, torn.end()
            return
        in_one_piece = len(text) > LONGEST_CHUNK or "@[" in text or not CHUNK.fullmatch(text)
        words = None if in_one_piece else self._words(start, text)
        if words is None:
            yield read_bare(text), start, end
            return
        for at, word in words:
            if "@" in word:
                yield self._read_word(at, word), at, at + len(word)

    def _words(self, start: int, text: str) -> list[tuple[int, str]] | None:
        """The words between brackets and quotes, each with its place; None if one of them is stuck to a neighbour."""
        words = []
        place, solid, closed = start, False, False
        for piece in FENCE.split(text):
            if piece in BRACKETS or (piece == '"' and not solid):
                if solid and self._last.get(BRACKETS.get(piece, '"'), -1) < place:
                    return None
                solid = closed = False
            elif FENCE.fullmatch(piece):
                solid, closed = False, True
            elif SOLID.match(piece):
                if closed:
                    return None
                words.append((place, piece))
                solid = not piece.endswith((":", "="))
            place += len(piece)
        return words

    def _read_word(self, at: int, word: str) -> Address | Rejected:
        label, _colon, rest = word.partition(":")
        result = read_address(_without_marks(rest if label.lower() in LABELS else word))
        if isinstance(result, Rejected):
            return reject(word, result.why)
        stray = self._last.get(MARKS.get(result.email[0], ""), -1) > at + word.index("@")
        return reject(word, STRAY_MARK) if stray else result

    @cached_property
    def _last(self) -> dict[str, int]:
        """Where each closing bracket, and each mark at the end of a word, stands for the last time."""
        brackets = {closing: self.text.rfind(closing) for closing in BRACKETS.values()}
        return brackets | {mark[1]: mark.start() for mark in CLOSING_MARK.finditer(self.text)}


def _without_marks(word: str) -> str:
    """The word without what surrounds it: the full stop of a sentence, and marks that stand on both sides.

    Only one full stop goes: more of them mean that the text was cut off there.
    """
    word = strip(word)
    bare = word.rstrip(ENDINGS)
    if bare.endswith((".", "。")):
        bare = bare[:-1].rstrip(ENDINGS)
    ending = word[len(bare) :]
    return bare.lstrip("".join(mark for mark, partner in MARKS.items() if partner in ending))
