"""Is this process alive, and can it serve? For load balancers and whoever starts the desk; without sign-in."""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import guards


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return _answer(200, "ok")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 while the database can't be reached, its tables aren't those of this version, or the record is unguarded."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        gone = guards.missing(connection)
    except (DatabaseError, InterfaceError):
        return _answer(503, "database not usable")
    if pending:
        return _answer(503, "migrations to be applied")
    return _answer(503, f"guards missing, `migrate` puts them up: {', '.join(gone)}") if gone else _answer(200, "ok")


def _answer(status: int, word: str) -> HttpResponse:
    return HttpResponse(f"{word}\n", status=status, content_type="text/plain; charset=utf-8")
