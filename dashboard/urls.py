"""The root of all URLs: the admin, and the desk itself."""

from django.contrib import admin
from django.urls import include, path

handler400 = "verification.views.errors.bad_request"
handler403 = "verification.views.errors.forbidden"
handler404 = "verification.views.errors.not_found"
handler500 = "verification.views.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("verification.urls")),
]
