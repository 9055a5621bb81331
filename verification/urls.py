"""The desk's own pages. No path holds an address: paths end up in access logs and browser histories."""

from django.contrib.auth import views as auth
from django.urls import path, register_converter

from .models.batch import REF_LETTERS
from .views import (
    address,
    approvals,
    batch,
    evidence,
    health,
    history,
    home,
    language,
    meaning,
    resend,
    reveal,
    setup,
    sign_in,
    trail,
)


class RefConverter:
    """The name of a batch in a path."""

    regex = f"[{REF_LETTERS}]{{4,12}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RefConverter, "ref")

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path("language/", language.choose, name="language"),
    path("resend/", resend.resend, name="resend"),
    path("batches/<ref:ref>/", batch.batch, name="batch"),
    path("batches/<ref:ref>/progress/", batch.progress, name="batch-progress"),
    path("batches/<ref:ref>/stop/", batch.stop, name="batch-stop"),
    path("batches/<ref:ref>/resume/", batch.resume, name="batch-resume"),
    path("batches/<ref:ref>/approve/", approvals.approve, name="batch-approve"),
    path("batches/<ref:ref>/reject/", approvals.reject, name="batch-reject"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("history/", history.history, name="history"),
    path("history/export/", history.export, name="history-export"),
    path("addresses/<int:pk>/", address.address, name="address"),
    path("addresses/<int:pk>/reveal/", reveal.reveal, name="address-reveal"),
    path("addresses/<int:pk>/lookup/", address.lookup, name="address-lookup"),
    path("attempts/<int:pk>/again/", address.again, name="attempt-again"),
    path("attempts/<int:pk>/meaning/", meaning.meaning, name="attempt-meaning"),
    path("trail/", trail.trail, name="trail"),
    path("trail/export/", trail.export, name="trail-export"),
    path("trail/evidence/", evidence.evidence, name="evidence"),
    path("setup/", setup.setup, name="setup"),
    path("setup/check/", setup.check, name="setup-check"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
