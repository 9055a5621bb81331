"""The desk's URLs, and some behind which something goes wrong."""

from typing import NoReturn

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest
from django.urls import path

from dashboard.urls import handler400, handler403, handler404, handler500
from dashboard.urls import urlpatterns as ours

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fail(request: HttpRequest) -> NoReturn:
    raise RuntimeError("the secret of one@example.com")


def lose_database(request: HttpRequest) -> NoReturn:
    raise OperationalError


def doubt(request: HttpRequest) -> NoReturn:
    raise SuspiciousOperation


urlpatterns = [
    *ours,
    path("faulty/", fail),
    path("away/", lose_database),
    path("unreadable/", doubt),
]
