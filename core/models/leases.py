from django.db import models


class Lease(models.Model):
    """Who does what only one process may do at a time, and until when it is theirs."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=80)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
