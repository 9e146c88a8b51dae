"""`manage.py import_orders`: a till's closed orders from a file, for cron and for scripts."""

from imports.columns import ORDERS
from imports.management.import_command import ImportCommand


class Command(ImportCommand):
    help = (
        "Import closed orders from a .csv or .xlsx file: restaurant, order number, the guest's "
        "telephone, external id or card, total, and when it was closed. The same order again "
        "corrects it; a receipt that names no guest counts for its restaurant. Exit code 0: done, "
        "nothing failed; 1: done in part; 2: refused, nothing written."
    )
    kind = ORDERS
    credits = False
