"""The characters that people don't see: full-width forms, blanks of all kinds, zero-width characters."""

import unicodedata

# Characters without a glyph that Unicode doesn't count as format characters: joiners, fillers, variation selectors.
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164") | {
    chr(c) for c in (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
ZERO_WIDTH = "".join(FILLERS) + "".join(chr(c) for c in range(0xFFFF) if unicodedata.category(chr(c)) == "Cf")
BLANKS = "".join(chr(c) for c in range(0x3001) if chr(c).isspace())
EDGES = BLANKS + ZERO_WIDTH


def _plain_forms() -> dict[int, str]:
    """Full-width, half-width and small forms, each with the plain character that it stands for.

    Full compatibility normalisation would go too far: it turns the footnote mark of `bob¹@example.com` into a digit.
    """
    forms = (chr(c) for c in (0x3000, *range(0xFE50, 0xFE6C), *range(0xFF01, 0xFFEF)))
    plain = {form: unicodedata.normalize("NFKC", form) for form in forms}
    greek_question_mark = {"\u037e": ";"}
    pairs = plain | greek_question_mark | dict.fromkeys("“”„‟", '"')
    return {ord(form): character for form, character in pairs.items() if len(character) == 1}


PLAIN_FORMS = _plain_forms()


def plain(text: str) -> str:
    """The text with full-width forms and curly double quotes made plain; takes time linear in its length."""
    return text if text.isascii() else text.translate(PLAIN_FORMS)


def strip(text: str) -> str:
    """The text without blanks and zero-width characters at its edges."""
    return text.strip(EDGES)


def is_invisible(character: str) -> bool:
    """Whether it has no glyph and is no space either: control, format, surrogate, line end, unassigned, filler."""
    space = character == "\t" or unicodedata.category(character) == "Zs"
    return not (character.isprintable() or space) or character in FILLERS


def visible(text: str) -> str:
    """The text with a replacement sign for each character that people couldn't see."""
    return "".join("\N{REPLACEMENT CHARACTER}" if is_invisible(c) else c for c in text)
