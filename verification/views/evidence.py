"""Evidence for others: a bundle that proves itself, taken out as one file."""

import tempfile
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..evidence.checkpoints import CheckpointError
from ..evidence.keys import KeyUnusable
from ..forms import EvidenceForm
from ..models import database_now
from ..services import dossier
from .access import EXPORT_ADDRESSES, EXPORT_EVIDENCE, actor_of, needs, person_of


@never_cache
@needs(EXPORT_EVIDENCE)
@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, EvidenceForm(initial=request.GET.dict()))
    form = EvidenceForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        return _bundle(request, form.wanted(in_full=person_of(request).has_perm(EXPORT_ADDRESSES)))
    except dossier.StillMoving:
        form.add_error(None, _("The batches in question are being sent right now. Try again when they have ended."))
    except (KeyUnusable, CheckpointError, OSError) as error:
        form.add_error(None, _("No checkpoint could be made: %(why)s") % {"why": error})
    return _page(request, form)


def _bundle(request: HttpRequest, wanted: dossier.Wanted) -> FileResponse:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "evidence.zip"
        now = database_now()
        dossier.export(wanted, path, actor_of(request), now)
        name = f"evidence_{wanted.selection['kind']}_{timezone.localtime(now):%Y-%m-%d-%H%M%S-%Z}.zip"
        # Open, the file outlives its name.
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def _page(request: HttpRequest, form: EvidenceForm) -> HttpResponse:
    in_full = person_of(request).has_perm(EXPORT_ADDRESSES)
    return render(request, "trail/evidence.html", {"form": form, "in_full": in_full})
