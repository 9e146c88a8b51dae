"""Every address of guests, under `/c/<company>/`."""

from typing import Any

from django.urls import path

from guests.views import (
    bulk,
    bulk_changes,
    duplicates,
    erasing,
    exports,
    history,
    listing,
    merging,
    new_guest,
    records,
    referrers,
    saved_views,
    search,
    settings,
    tiers,
)

app_name = "guests"

urlpatterns: list[Any] = [
    # -- The list
    path("guests/", listing.list_guests, name="list"),
    path("guests/columns/", listing.choose, name="columns"),
    path("guests/search/", search.search, name="search"),
    path("guests/views/new/", saved_views.save, name="save_view"),
    path("guests/views/<int:pk>/delete/", saved_views.delete, name="delete_view"),
    # -- The record
    path("guests/new/", new_guest.create, name="create"),
    path("guests/referrers/", referrers.offer, name="referrers"),
    path("guests/<int:pk>/", records.record, name="record"),
    path("guests/<int:pk>/restore/", records.restore, name="restore_one"),
    path("guests/<int:pk>/history/", history.history, name="history"),
    # -- Many at once
    path("guests/delete/", bulk.delete, name="delete"),
    path("guests/restore/", bulk.restore, name="restore"),
    path("guests/categorise/", bulk.categorise, name="categorise"),
    path("guests/set-tier/", bulk.set_tier, name="set_tier"),
    path("guests/changes/", bulk_changes.changes, name="changes"),
    path("guests/changes/<int:number>/", bulk_changes.change, name="change"),
    path("guests/changes/<int:number>/undo/", bulk_changes.undo, name="undo_change"),
    path("guests/changes/<int:number>/stop/", bulk_changes.stop, name="stop_change"),
    path("guests/export/", exports.export, name="export"),
    path("guests/exports/", exports.exports, name="exports"),
    path("guests/exports/<int:number>/", exports.detail, name="export_detail"),
    path("guests/exports/<int:number>/file/", exports.download, name="export_download"),
    path("guests/exports/<int:number>/stop/", exports.stop, name="export_stop"),
    # -- Two who are one, and who is to be forgotten
    path("guests/<int:pk>/merge/", merging.merge, name="merge"),
    path("guests/<int:pk>/merges/<int:merge>/", merging.merged, name="merged"),
    path("guests/duplicates/", duplicates.duplicates, name="duplicates"),
    path("guests/duplicates/search/", duplicates.search, name="search_duplicates"),
    path("guests/duplicates/<int:pk>/", duplicates.dismiss, name="dismiss_duplicate"),
    path("guests/<int:pk>/erase/", erasing.erase, name="erase"),
    path("guests/<int:pk>/everything.json", erasing.everything, name="everything"),
    # -- Settings
    path("settings/categories/", settings.categories, name="categories"),
    path("settings/categories/new/", settings.new_category, name="new_category"),
    path("settings/categories/<int:pk>/", settings.category, name="category"),
    path("settings/categories/<int:pk>/delete/", settings.delete_category, name="delete_category"),
    path("settings/tiers/", tiers.tiers, name="tiers"),
    path("settings/tiers/new/", tiers.new_tier, name="new_tier"),
    path("settings/tiers/<int:pk>/", tiers.tier, name="tier"),
    path("settings/tiers/<int:pk>/delete/", tiers.delete_tier, name="delete_tier"),
]
