"""The addresses of saved column mappings, under `/c/<company>/settings/mappings/`."""

from django.urls import path

from imports.views import mappings

app_name = "mappings"
urlpatterns = [
    path("", mappings.mappings, name="list"),
    path("<int:pk>/", mappings.mapping, name="edit"),
    path("<int:pk>/delete/", mappings.delete, name="delete"),
]
