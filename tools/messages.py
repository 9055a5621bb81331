"""`make messages`: brings the Chinese catalog in step with the sources, and compiles it.

    *.py, templates ─► messages ─► django.po, its translations kept ─► django.mo

The compiled catalog is committed beside its source: the server then needs neither this tool nor a build step, and a
test compares the two. Neither file holds a date or a line number, so equal words make equal files.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

# A message and its plural, where it has one.
Id = str | tuple[str, str]


class ChineseCatalog(Catalog):
    """A catalog whose header says only what programs read: Babel's own would change with each day and version."""

    def __init__(self) -> None:
        super().__init__(locale="zh_Hans", fuzzy=False, header_comment="# The desk in Simplified Chinese.")

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", "zh_Hans"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", f"{self.plural_forms}\n"),
        ]


def messages() -> Iterator[tuple[str | None, Id]]:
    """Every message of the sources with its context, repeated ones too."""
    for folder in ("verification", "dashboard"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield from _extracted(file.read_bytes())
    for file in sorted((ROOT / "templates").rglob("*.html")):
        yield from _extracted(_as_python(file))


def _extracted(source: bytes) -> Iterator[tuple[str | None, Id]]:
    for _line, message, _comments, context in extract("python", BytesIO(source), KEYWORDS):
        yield context, message if isinstance(message, str) else (message[0], message[1])


def _as_python(template: Path) -> bytes:
    """The calls that a template's tags stand for; without its indentation, which would be no Python."""
    calls = templatize(template.read_text(), origin=str(template))
    return "\n".join(line.strip() for line in calls.splitlines()).encode()


def read(file: Path = PO) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale="zh_Hans")


def in_step(old: Catalog) -> ChineseCatalog:
    """The messages of the sources, each with the translation that it has already."""
    catalog = ChineseCatalog()
    for context, id in messages():
        catalog.add(id, context=context)
    for message in catalog:
        if message.id:
            message.string = _translation(old, message.id, message.context)
    return catalog


def _translation(old: Catalog, id: Any, context: str | None) -> Any:
    known = old.get(id, context)
    forms = _forms(known.string) if known and not known.fuzzy else ("",)
    # Chinese has one form for all numbers.
    return forms[:1] if isinstance(id, tuple) else forms[0]


def as_po(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    return file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def _forms(string: Any) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


def untranslated(catalog: Catalog) -> list[str]:
    return [str(message.id) for message in catalog if message.id and not all(_forms(message.string))]


def main() -> None:
    PO.parent.mkdir(parents=True, exist_ok=True)
    catalog = in_step(read() if PO.exists() else ChineseCatalog())
    PO.write_bytes(as_po(catalog))
    MO.write_bytes(as_mo(catalog))
    missing = untranslated(catalog)
    print(f"{len(catalog)} messages, {len(missing)} without a translation", *missing, sep="\n  ")


if __name__ == "__main__":
    main()
