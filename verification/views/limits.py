"""How much a request may carry: judged by its announced length, before anything of it is read."""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.urls import reverse

from .errors import too_large

PASTE_BYTES = 8 * 1024 * 1024
OTHER_BYTES = 256 * 1024
# Browsers send everything before they read the answer; one cut off earlier shows a reset instead of our page.
DRAINED_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


class BodySizeMiddleware:
    """Answers 413 to a body above the limit of its URL: only the resend form takes a long paste.

    The choice of a language passes through what was typed into that form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size = _announced(request)
        limit = PASTE_BYTES if request.path in (reverse("resend"), reverse("language")) else OTHER_BYTES
        if size <= limit:
            return self.get_response(request)
        if size <= DRAINED_BYTES:
            _drain(request, size)
        return too_large(request, limit)


def _announced(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest, size: int) -> None:
    with suppress(UnreadablePostError):
        while size > 0 and (chunk := request.read(min(size, CHUNK_BYTES))):
            size -= len(chunk)
