"""The settings of bench-list: with Django's admin, which is the list's yardstick and only that."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
ROOT_URLCONF = "tests.bench.list_urls"
ALLOWED_HOSTS = ["*"]
SECURE_SSL_REDIRECT = False
# The admin asks for its own context processors; ours are there already.
TEMPLATES = [*TEMPLATES]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
