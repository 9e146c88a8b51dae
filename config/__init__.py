"""Wiring only: nobody imports this package, but Django and Celery start here."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
