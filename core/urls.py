from typing import Any

from django.contrib.auth import views as auth
from django.urls import include, path

from core.views import home

company_patterns: list[Any] = [
    path("", home.company_home, name="company"),
]

core_patterns: list[Any] = [
    path("", home.home, name="home"),
    path("companies/", home.home, name="choose_company"),
    path("c/<slug:company>/", include(company_patterns)),
]

urlpatterns = [
    path("", include((core_patterns, "core"))),
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", auth.PasswordResetView.as_view(), name="password_reset"),
    path("password/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/done/",
        auth.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
]
