"""The rooms of the code: who may import whom. Imports go down only, as the drawing has it:

    urls
    views   admin   management          doors: rights, input, words for people
    worker
    forms
    history
    services                            rules
    providers                           the only place that builds a client from settings
    guards                              triggers: what the database itself refuses
    models  aliyun                      know nothing of each other; aliyun knows no Django
    evidence                            the form of the audit trail's proof; knows no Django either

Rooms that stand side by side do not import each other; only what a request tells about its sender (`views.access`) is
there for every door.
"""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ROOT / "verification"
FLOORS = (
    {"urls"},
    {"views", "admin", "management", "templatetags"},
    {"worker"},
    {"forms"},
    {"history"},
    {"services"},
    {"providers"},
    {"apps"},
    {"guards"},
    {"models", "aliyun"},
    {"evidence"},
    {"checks"},
)
FOR_EVERY_DOOR = "verification.views.access"
# Migrations speak of the models as they were, by name.
NO_ROOM = {"migrations", "__init__"}
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
WIRE = {"requests", "urllib3", "http.client", "socket", "ssl"}
# The exceptions of the HTTP library are translated, and its connections are watched, beside the one that sends.
MAY_KNOW_THE_WIRE = {"transport", "connections", "failures"}


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def module_of(file: Path) -> str:
    """The dotted name; a package's is that of its folder."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(file: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, as an absolute name; of a package also what is taken from it."""
    package = file.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (start, node.module)))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    """The room inside the product that a module belongs to."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or None if first == PRODUCT.name else None


def is_down(importer: str, imported: str) -> bool:
    return importer == imported or FLOOR_OF[importer] < FLOOR_OF[imported]


def is_for_doors(importer: str, name: str) -> bool:
    return importer in FLOORS[1] and f"{name}.".startswith(f"{FOR_EVERY_DOOR}.")


def test_imports_go_down_only() -> None:
    wrong = [
        f"{module_of(file)} imports {name}"
        for file in files_of(PRODUCT)
        if (importer := room_of(module_of(file))) in FLOOR_OF
        for name in imports_of(file)
        if (imported := room_of(name)) in FLOOR_OF
        and not is_down(importer, imported)
        and not is_for_doors(importer, name)
    ]

    assert wrong == []


def test_every_room_has_its_floor() -> None:
    rooms = {file.relative_to(PRODUCT).with_suffix("").parts[0] for file in files_of(PRODUCT)}

    assert rooms - NO_ROOM == set(FLOOR_OF)


@pytest.mark.parametrize(
    ("importer", "imported", "down"),
    [
        ("views", "services", True),
        ("management", "worker", True),
        ("services", "services", True),
        ("services", "views", False),
        ("worker", "management", False),
        ("models", "aliyun", False),
        ("aliyun", "models", False),
        ("admin", "views", False),
    ],
)
def test_the_drawing_is_read_as_it_is_meant(importer: str, imported: str, down: bool) -> None:
    assert is_down(importer, imported) is down


@pytest.mark.parametrize("room", ["aliyun", "evidence"])
def test_a_room_without_django_knows_nothing_of_the_rest(room: str) -> None:
    strangers = [
        f"{module_of(file)} imports {name}"
        for file in files_of(PRODUCT / room)
        for name in imports_of(file)
        if name.split(".")[0] in ("django", "dashboard") or room_of(name) not in (None, room)
    ]

    assert strangers == []


def test_only_the_transport_knows_the_http_library() -> None:
    sandbox = PRODUCT / "aliyun" / "sandbox"
    knowing = {
        module_of(file).rpartition(".")[2]
        for file in files_of(PRODUCT)
        if not file.is_relative_to(sandbox) and any(name in WIRE for name in imports_of(file))
    }

    # A worker's name tells on which machine it runs.
    assert knowing - {"worker"} == MAY_KNOW_THE_WIRE


def test_only_the_transport_imports_requests() -> None:
    importing = [module_of(file) for file in files_of(PRODUCT) if "requests" in imports_of(file)]

    assert importing == ["verification.aliyun.transport"]


def test_nothing_of_the_product_uses_the_sandbox_but_its_command() -> None:
    sandbox = "verification.aliyun.sandbox"
    using = [
        module_of(file)
        for file in files_of(PRODUCT)
        if not module_of(file).startswith(sandbox)
        and any(name == sandbox or name.startswith(f"{sandbox}.") for name in imports_of(file))
    ]

    assert set(using) <= {"verification.management.commands.sandbox", "verification.management.commands.seed_demo"}


def test_only_providers_and_the_demonstration_build_a_client() -> None:
    building = [
        module_of(file)
        for file in files_of(PRODUCT)
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "DomainClient"
            for node in ast.walk(ast.parse(file.read_text()))
        )
    ]

    assert building == ["verification.management.commands.seed_demo", "verification.providers"]


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "constants", "common", "misc"}
    everywhere = itertools.chain.from_iterable(
        files_of(ROOT / folder) for folder in ("verification", "dashboard", "tests")
    )

    assert [file.name for file in everywhere if file.stem in drawers] == []
