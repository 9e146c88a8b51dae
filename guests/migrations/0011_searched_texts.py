"""Keep what guests are searched by in an index of its own, where all of it is read: on SQLite.

PostgreSQL has trigrams (0006), and no use for it.
"""

from django.db import migrations

INDEX = "guest_by_searched_text"


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        columns = "company_id, search_text, phone"
        schema_editor.execute(f"CREATE INDEX {INDEX} ON guests_guest ({columns})")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP INDEX {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("guests", "0010_other_sex_index")]

    operations = [migrations.RunPython(make, drop)]
