#!/usr/bin/env python
"""Django's command line for Regulars."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from core.busy import SENTENCE, is_busy

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if not is_busy(error):
            raise
        # What sysexits.h calls a temporary failure.
        sys.stderr.write(f"{SENTENCE}\n")
        sys.exit(75)
