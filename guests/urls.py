"""Every address of guests, under `/c/<company>/`."""

from typing import Any

from django.urls import path

from guests.views import history, records

app_name = "guests"

urlpatterns: list[Any] = [
    # -- The list
    # -- The record
    path("guests/<int:pk>/", records.record, name="record"),
    path("guests/<int:pk>/history/", history.history, name="history"),
    # -- Many at once
    # -- Two who are one, and who is to be forgotten
    # -- Settings
]
