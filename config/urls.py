"""Every address. What belongs to a company lies under `/c/<company>/`."""

from django.urls import include, path

urlpatterns = [
    path("", include("core.urls")),
    path("c/<slug:company>/", include("guests.urls")),
    path("c/<slug:company>/imports/", include("imports.urls")),
]
