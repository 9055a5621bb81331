"""The root of all URLs: the admin, and the desk itself."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("verification.urls")),
]
