"""Every address of programs, balances and approvals, under `/c/<company>/`."""

from django.urls import path

from loyalty.views import adjust, approvals, bulk, export, ledger, programs, terms, unusual

app_name = "loyalty"
urlpatterns = [
    # -- Programs
    path("programs/", programs.list_programs, name="programs"),
    path("programs/new/", programs.new, name="new_program"),
    path("programs/unusual/", unusual.unusual, name="unusual"),
    path("programs/changes/", bulk.changes, name="bulk_changes"),
    path("programs/changes/<int:number>/", bulk.change, name="bulk_change"),
    path("programs/changes/<int:number>/undo/", bulk.undo, name="undo_bulk"),
    path("programs/changes/<int:number>/stop/", bulk.stop, name="stop_bulk"),
    path("programs/<int:pk>/", programs.program, name="program"),
    path("programs/<int:pk>/change/", programs.change, name="change_program"),
    path("programs/<int:pk>/active/", programs.active, name="program_active"),
    path("programs/<int:pk>/entries.csv", export.entries, name="export_entries"),
    # -- The record of a guest
    path("guests/<int:pk>/ledger/", ledger.ledger, name="ledger"),
    path("guests/<int:pk>/credit/", adjust.credit, name="credit"),
    path("guests/<int:pk>/debit/", adjust.debit, name="debit"),
    path("guests/<int:pk>/ledger/<int:entry>/reverse/", adjust.reverse, name="reverse"),
    # -- Many at once
    path("guests/credit/", bulk.credit, name="bulk_credit"),
    path("guests/debit/", bulk.debit, name="bulk_debit"),
    # -- Settings
    path("settings/balances/", terms.terms, name="terms"),
    # -- Approvals
    path("approvals/", approvals.list_approvals, name="approvals"),
    path("approvals/<int:pk>/approve/", approvals.approve, name="approve"),
    path("approvals/<int:pk>/decline/", approvals.decline, name="decline"),
    path("approvals/<int:pk>/withdraw/", approvals.withdraw, name="withdraw"),
]
