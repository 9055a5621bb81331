"""Running the stand-alone checker, and changing unpacked bundles behind its back."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification.evidence import checker
from verification.evidence.chain import canonical

# No environment, no site packages, no folder of ours: what an auditor's bare Python has.
BARE = [sys.executable, "-I", "-S"]
Lines = list[bytes]


def run(*arguments: str | Path, program: Path = Path(checker.__file__)) -> subprocess.CompletedProcess[str]:
    """Run the checker as an auditor does."""
    return subprocess.run(
        [*BARE, program, *map(str, arguments)], capture_output=True, text=True, cwd=program.parent, check=False
    )


def faults_of(bundle: Path, trusted: str = "") -> list[str]:
    """The faults that the checker finds, without a process of its own."""
    report = checker.Report()
    checker.check_path(bundle, trusted, report)
    return list(report.faults)


def unpacked(bundle: Path) -> Path:
    folder = bundle.with_suffix("")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


def edit(file: Path, change: Callable[[Lines], Lines]) -> None:
    """Change a file line by line."""
    file.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))


def edit_row(file: Path, line: int, **changes: Any) -> None:
    """Change values of the JSON in one line (from 1 on), written as the bundle writes it."""

    def changed(lines: Lines) -> Lines:
        lines[line - 1] = canonical(json.loads(lines[line - 1]) | changes) + b"\n"
        return lines

    edit(file, changed)


def sign_again(folder: Path, key: Ed25519PrivateKey, **changes: Any) -> None:
    """What only the holder of the key can do: list the files as they now are, and sign that."""
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    there = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    files = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in there.items()}
    manifest["files"] = {name: files[name] for name in files if name not in ("manifest.json", "manifest.sig")}
    document = canonical(manifest) + b"\n"
    (folder / "manifest.json").write_bytes(document)
    (folder / "manifest.sig").write_bytes(key.sign(document))
