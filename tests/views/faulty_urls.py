"""The desk's URLs, and one behind which something goes wrong."""

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path

from dashboard.urls import handler400, handler403, handler404, handler500
from dashboard.urls import urlpatterns as ours

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fail(request: HttpRequest) -> NoReturn:
    raise RuntimeError("the secret of one@example.com")


urlpatterns = [*ours, path("faulty/", fail)]
