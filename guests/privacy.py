"""What is kept of somebody who asked to be erased: enough to keep them away, and no more."""

import hashlib
import hmac

from django.conf import settings


def erasure_digest(company_id: int, phone: str) -> str:
    """Return the keyed hash of an E.164 phone in a company, 64 hexadecimal characters.

    Keyed, because all phones of a country can be hashed in minutes; by company, so that two
    tenants cannot compare theirs.
    """
    message = f"{company_id}:{phone}".encode()
    return hmac.new(settings.ERASURE_KEY.encode(), message, hashlib.sha256).hexdigest()
