"""Leave room on the pages of guests for what changes without a place in any index.

Whether a guest is deleted, and the version, stand in no index. Where the new row fits on its page
PostgreSQL leaves all of the guest's indexes alone; on a full page it writes each of them anew,
which made deleting a hundred thousand guests take twice as long.
"""

from django.db import migrations


def set_to(percent):
    def change(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE guests_guest SET (fillfactor = {percent})")

    return change


class Migration(migrations.Migration):
    dependencies = [("guests", "0007_visited_indexes")]

    operations = [migrations.RunPython(set_to(90), set_to(100))]
