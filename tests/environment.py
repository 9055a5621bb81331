"""What the settings find in the environment under pytest; nothing that a developer has exported reaches a test.

A plugin loaded with `-p`, because pytest-django reads the settings before any conftest.py.
"""

import atexit
import os
import shutil
import tempfile

OURS = ("ALIBABA_CLOUD_", "CHECKPOINT_", "DOMAIN_API_", "LEDGER_", "RESEND_", "TICKET_")

for name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[name]

# For the processes that tests start; a test about checkpoints has a folder of its own.
checkpoints = tempfile.mkdtemp(prefix="desk-checkpoints-")
atexit.register(shutil.rmtree, checkpoints, ignore_errors=True)

os.environ.update(
    SECRET_KEY="signs-nothing-that-outlives-a-test",
    ENV_FILE=os.devnull,
    DEBUG="off",
    HTTPS_ONLY="off",
    BEHIND_PROXY="off",
    ALLOWED_HOSTS="localhost,127.0.0.1,[::1]",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or "sqlite://:memory:",
    # Nothing listens on the discard port: a test that wants an answer starts a server and says so.
    DOMAIN_API_ENDPOINT="http://127.0.0.1:9",
    ALIBABA_CLOUD_ACCESS_KEY_ID="sandbox-key-id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET="sandbox-key-secret",
    # A test about approval says so.
    RESEND_APPROVAL_ABOVE="0",
    CHECKPOINT_DIR=f"{checkpoints}/checkpoints",
    CHECKPOINT_KEY_FILE=f"{checkpoints}/key.pem",
    TIME_ZONE="UTC",
    LANGUAGE_CODE="en",
)
