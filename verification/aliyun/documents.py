"""Read the body of an answer, JSON or XML, into one shape: nested dicts with lower-case keys.

The API has answered in both formats and with keys in both cases, and a gateway's content type can be wrong:
the first character of the body decides. An XML element becomes a dict of its children, or its text if it has
none, and a repeated element a list; a list of one cannot be told from an object there.
"""

import json
import re
from collections.abc import Iterable
from typing import TypeAlias
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from .errors import UnreadableAnswer

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Document: TypeAlias = dict[str, Value]

_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)


def read_document(http_status: int, content_type: str, body: bytes) -> Document:
    """Return the object that the body holds. Raises UnreadableAnswer if it holds none."""
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        text = ""
    document = _read(text)
    if document is None:
        kind = _MEDIA_TYPE.match(content_type)
        named = kind.group().lower() if kind else "of unknown type"
        raise UnreadableAnswer(f"neither JSON nor XML ({named})" if body else "empty answer", http_status)
    return document


def text_of(value: Value) -> str:
    """Return a single value as text without blanks around it, and "" for anything else.

    What JSON can express but neither UTF-8 nor a database column can hold is replaced: half a surrogate, NUL.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}").strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def records_in(value: Value) -> list[Document]:
    """Find the objects about an address, in order, in whatever stands where a list of them is expected.

    That is a list, one object, a wrapper such as ``{"SendResult": ...}`` around either, null, or nothing.
    """
    found: list[Document] = []
    waiting: list[Value] = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict) and text_of(current.get("email")):
            found.append(current)
        elif isinstance(current, dict):
            waiting.extend(reversed(current.values()))
        elif isinstance(current, list):
            waiting.extend(reversed(current))
    return found


def _read(text: str) -> Document | None:
    if text.startswith("{"):
        return _read_json(text)
    return _read_xml(text) if text.startswith("<") else None


def _read_json(text: str) -> Document | None:
    try:
        value = json.loads(text, object_pairs_hook=_gather)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read_xml(text: str) -> Document | None:
    try:
        root = _element(text)
        value = _value_of(root)
    except (expat.ExpatError, RecursionError):
        return None
    if _name(root) == "html":
        return None
    return value if isinstance(value, dict) else {}


def _element(text: str) -> Element:
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(text, True)
    return builder.close()


def _refuse_doctype(*_declaration: object) -> None:
    """Refuse before an entity can be declared: no answer of this API has one, and they can grow endlessly."""
    raise expat.ExpatError("A document type is not accepted.")


def _value_of(element: Element) -> Value:
    if len(element) == 0:
        return element.text
    return _gather((_name(child), _value_of(child)) for child in element)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _gather(pairs: Iterable[tuple[str, Value]]) -> Document:
    gathered: dict[str, list[Value]] = {}
    for name, value in pairs:
        gathered.setdefault(name.lower(), []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in gathered.items()}
