"""English dates and numbers: the British ones."""

from django.conf.locale.en_GB.formats import *  # noqa: F403
