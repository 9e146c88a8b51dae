"""Every address of visits, under `/c/<company>/`."""

from django.urls import path

from visits.views import orders

app_name = "visits"

urlpatterns = [
    path("guests/<int:pk>/orders/", orders.orders, name="orders"),
]
