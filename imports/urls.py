"""The addresses of imports, under `/c/<company>/imports/`."""

from django.urls import path

from imports.views import (
    check,
    columns,
    downloads,
    listing,
    progress,
    result,
    undo,
    upload,
)

app_name = "imports"
urlpatterns = [
    path("", listing.list_imports, name="list"),
    path("new/", upload.new, name="new"),
    path("template.<str:format>", downloads.template, name="template"),
    path("balances/new/", upload.new_balances, name="new_balances"),
    path("balances/template.<str:format>", downloads.balances_template, name="balances_template"),
    path("<int:number>/", listing.detail, name="detail"),
    path("<int:number>/columns/", columns.columns, name="columns"),
    path("<int:number>/check/", check.check, name="check"),
    path("<int:number>/progress/", progress.progress, name="progress"),
    path("<int:number>/stop/", progress.stop, name="stop"),
    path("<int:number>/result/", result.result, name="result"),
    path("<int:number>/mend/", result.mend, name="mend"),
    path("<int:number>/errors/", downloads.errors, name="errors"),
    path("<int:number>/mail/", downloads.mail, name="mail"),
    path("<int:number>/undo/", undo.undo, name="undo"),
]
