"""Every address. What belongs to a company lies under `/c/<company>/`."""

from django.urls import include, path

from guests.views.unsubscribe import unsubscribe

handler400 = "core.web.busy.bad_request"
handler500 = "core.web.busy.server_error"

urlpatterns = [
    path("", include("core.urls")),
    path("c/<slug:company>/", include("guests.urls")),
    path("c/<slug:company>/", include("loyalty.urls")),
    path("c/<slug:company>/", include("visits.urls")),
    path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe"),
    path("c/<slug:company>/imports/", include("imports.urls")),
    path("c/<slug:company>/settings/mappings/", include("imports.mapping_urls")),
]
