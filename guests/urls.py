"""Every address of guests, under `/c/<company>/`."""

from typing import Any

app_name = "guests"

urlpatterns: list[Any] = [
    # -- The list
    # -- The record
    # -- Many at once
    # -- Two who are one, and who is to be forgotten
    # -- Settings
]
