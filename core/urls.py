from typing import Any

from django.urls import include, path

from core.views import account, activity, home, settings, sign_in
from core.views.settings import profile, restaurants, security, staff

company_patterns: list[Any] = [
    path("", home.company_home, name="company"),
    path("activity/", activity.activity, name="activity"),
    path("settings/", settings.index, name="settings"),
    path("settings/profile/", profile.profile, name="settings_profile"),
    path("settings/restaurants/", restaurants.restaurants, name="settings_restaurants"),
    path("settings/restaurants/<int:pk>/", restaurants.restaurant, name="settings_restaurant"),
    path("settings/staff/", staff.staff, name="settings_staff"),
    path("settings/staff/invite/", staff.invite, name="settings_invite"),
    path("settings/staff/<int:pk>/", staff.member, name="settings_member"),
    path("settings/staff/<int:pk>/resend/", staff.resend, name="settings_resend"),
    path("settings/security/", security.security, name="settings_security"),
]

core_patterns: list[Any] = [
    path("", home.home, name="home"),
    path("companies/", home.home, name="choose_company"),
    path("invitations/<slug:slug>/accept/", home.accept, name="invitation_accept"),
    path("invitations/<slug:slug>/decline/", home.decline, name="invitation_decline"),
    path("c/<slug:company>/", include(company_patterns)),
]

urlpatterns = [
    path("", include((core_patterns, "core"))),
    path("login/", sign_in.password, name="login"),
    path("login/code/", sign_in.code, name="second_factor"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("password/", sign_in.reset, name="password_reset"),
    path("password/sent/", sign_in.reset_sent, name="password_reset_done"),
    path("password/<uidb64>/<token>/", sign_in.new_password, name="password_reset_confirm"),
    path("password/done/", sign_in.reset_done, name="password_reset_complete"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="account_password"),
    path("account/second-factor/", account.two_steps, name="account_second_factor"),
    path("account/second-factor/confirm/", account.confirm, name="account_second_factor_confirm"),
    path("account/second-factor/cancel/", account.cancel, name="account_second_factor_cancel"),
    path("account/second-factor/off/", account.turn_off, name="account_second_factor_off"),
    path("account/recovery-codes/", account.recovery_codes, name="account_recovery_codes"),
]
