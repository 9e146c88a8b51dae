from django.db import models


class Attempt(models.Model):
    """Something that may be asked for only so often. Forgotten when it no longer counts.

    `key` says what and by whom, the latter as a digest: no list of addresses is kept.
    """

    key = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="attempt_by_key")]

    def __str__(self) -> str:
        return self.key
