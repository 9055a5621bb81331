"""Writes an answer in any of the shapes that have existed.

Operations hand over today's form (J1): PascalCase names, flat lists. Every other shape is a rewriting of it.
"""

import json
import re
from collections.abc import Mapping
from xml.etree import ElementTree

from verification.aliyun.sandbox.options import Shape
from verification.aliyun.sandbox.refusals import Refused
from verification.aliyun.sandbox.wire import Answer, Incoming

Scalar = str | int | bool
Item = Mapping[str, Scalar]
Tree = Mapping[str, Scalar | Item | list[Item]]

_JSON = "application/json;charset=utf-8"
# One official client knows XML only by exactly this text.
_XML = "text/xml;charset=utf-8"
_PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>'
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML_SHAPES = (Shape.X1, Shape.X2)
_CAMEL_SHAPES = (Shape.J2, Shape.J4, Shape.X2)
_SHORT_LISTS = ("SuccessList", "ExistList")


def shape_asked_for(incoming: Incoming) -> Shape:
    """Choose between today's JSON and XML by ``Format``, else by ``accept``. Raises Refused.

    RPC 1.0 without a format is answered in XML; one official client sends the word ``None`` for "not set".
    """
    wanted = incoming.params.get("Format", "").lower()
    if wanted in ("json", "xml"):
        return Shape.J1 if wanted == "json" else Shape.X1
    if wanted not in ("", "none"):
        raise Refused("InvalidParameter.Format")
    if incoming.acs3:
        return Shape.X1 if "xml" in incoming.headers.get("accept", "").lower() else Shape.J1
    return Shape.X1


def success(tree: Tree, action: str, shape: Shape) -> Answer:
    """Write what an operation returned."""
    return _answer(200, tree, f"{action}Response", shape)


def refusal(refused: Refused, request_id: str, host: str, shape: Shape) -> Answer:
    """Write the error envelope. Its names follow the shape in JSON; in XML they are always PascalCase."""
    tree: dict[str, Scalar | Item | list[Item]] = {
        "RequestId": request_id,
        "HostId": host,
        "Code": refused.code,
        "Message": refused.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={refused.code}&product=Domain&requestId={request_id}",
    }
    if refused.denied:
        tree["AccessDeniedDetail"] = refused.denied
    return _answer(refused.http_status, tree, "Error", Shape.X1 if shape in _XML_SHAPES else shape)


def _answer(status: int, tree: Tree, root: str, shape: Shape) -> Answer:
    if shape is Shape.J4:
        tree = {name: _shortened(value) if name in _SHORT_LISTS else value for name, value in tree.items()}
    if shape in _CAMEL_SHAPES:
        tree = _camel(tree)
    if shape in _XML_SHAPES:
        return Answer(status, _XML, _xml(tree, root, shape).encode())
    body = _wrapped(tree) if shape is Shape.J3 else tree
    return Answer(status, _JSON, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def _shortened(value: Scalar | Item | list[Item]) -> Scalar | Item | list[Item]:
    return [{"Email": item["Email"]} for item in value] if isinstance(value, list) else value


def _camel(tree: Tree) -> Tree:
    """Begin every name with a small letter, and sort the names as the documentation of that time did."""
    return {_small(name): _camel_value(tree[name]) for name in sorted(tree)}


def _camel_value(value: Scalar | Item | list[Item]) -> Scalar | Item | list[Item]:
    if isinstance(value, list):
        return [_camel_item(item) for item in value]
    return _camel_item(value) if isinstance(value, Mapping) else value


def _camel_item(item: Item) -> Item:
    return {_small(name): item[name] for name in sorted(item)}


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _wrapped(tree: Tree) -> dict[str, object]:
    return {name: {_wrapper(name): value} if isinstance(value, list) else value for name, value in tree.items()}


def _wrapper(name: str) -> str:
    return "EmailVerification" if name == "Data" else "SendResult"


def _xml(tree: Tree, root: str, shape: Shape) -> str:
    element = ElementTree.Element(root)
    for name in sorted(tree):
        value = tree[name]
        if not isinstance(value, list):
            _append(element, name, value)
        elif shape is Shape.X1:
            parent = ElementTree.SubElement(element, name)
            for item in value:
                _append(parent, _wrapper(name), item)
        else:
            for item in value:
                _append(element, name, item)
    text = ElementTree.tostring(element, encoding="unicode")
    return f"{_PROLOGUE}{text}" if shape is Shape.X1 else text


def _append(parent: ElementTree.Element, name: str, value: Scalar | Item) -> None:
    element = ElementTree.SubElement(parent, name)
    if isinstance(value, Mapping):
        for inner, scalar in value.items():
            _append(element, inner, scalar)
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        element.text = _NOT_IN_XML.sub("\ufffd", text)
