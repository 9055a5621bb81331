"""The web server's log: it tells which pages were asked for, and about nobody."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ["gunicorn", "--config", "dashboard/gunicorn.py", "dashboard.wsgi"]


def test_the_access_log_holds_paths_without_their_queries() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", *COMMAND, "--bind", "127.0.0.1:0"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout
        begun = ""
        try:
            while not (listening := re.search(r"Listening at: (http://\S+)", begun)):
                begun += (line := server.stdout.readline())
                assert line, f"gunicorn ended: {begun}"
            page = f"{listening[1]}/healthz?address=one@example.com"
            with urlopen(Request(page, headers={"Referer": f"{listening[1]}/?address=two@example.com"})) as response:
                assert response.status == 200
        finally:
            server.terminate()
        said = begun + server.stdout.read()

    assert '"GET /healthz HTTP/1.1" 200' in said
    assert "example.com" not in said and "address" not in said
