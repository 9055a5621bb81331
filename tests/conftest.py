"""What every test stands on: the database's form, settings made for speed, and no skipping under CI."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# A slow machine fails no test: hypothesis judges values, not times.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def _settings_for_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files come from their sources, without collectstatic; a password is hashed in no time."""
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(
        STORAGES=settings.STORAGES | plain,
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite's test database is a file, for a test's threads and processes share it."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    """After a test that commits its rows the tables are emptied, which the guards refuse; that puts them up again."""
    # Not at the top: this file is also a plugin, loaded before the models can be.
    from verification import guards

    flush = TransactionTestCase._fixture_teardown

    def emptied(case: TransactionTestCase) -> None:
        guards.remove(connection)
        flush(case)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", emptied)
        yield


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test's database as a DATABASE_URL, for a process that the test starts; rows are committed in it."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(name)}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _counts_as_failed(config: pytest.Config) -> bool:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return bool(os.environ.get("CI") and reporter and reporter.stats.get("skipped"))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under CI every test runs: one that was skipped fails the run."""
    if _counts_as_failed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _counts_as_failed(config):
        terminalreporter.write_line("Under CI a skipped test fails the run.", red=True)


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A page leaves its language behind in the thread that made it."""
    translation.activate(settings.LANGUAGE_CODE)
