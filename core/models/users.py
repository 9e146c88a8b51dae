from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from core.models.companies import Company


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail, whatever its case."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    def of_company(self, company: "Company") -> models.QuerySet["User"]:
        """Whoever is or was a member; not those who are only invited."""
        return self.filter(memberships__company=company, memberships__accepted_at__isnull=False)

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Standing(NamedTuple):
    """What a user is in a company: what they may do ("app.codename"), and whether they are for some
    of its restaurants only. Nothing in a company of which they are no member."""

    permissions: frozenset[str] = frozenset()
    is_limited: bool = False


class Theme(models.TextChoices):
    """The look that a user prefers over the system's."""

    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in, by e-mail. What they may do follows from their memberships."""

    email = models.EmailField(_("e-mail"), unique=True, help_text=_("Stored in lower case."))
    name = models.CharField(_("name"), max_length=120, blank=True)
    phone = models.CharField(
        _("telephone"),
        max_length=16,
        blank=True,
        help_text=_("E.164, by which credits to oneself are found."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff of the installation"), default=False)
    theme = models.CharField(
        _("theme"), max_length=5, choices=Theme, blank=True, help_text=_("Empty: as the system.")
    )
    session_generation = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counting it up ends every session of the user."
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must know to stay valid: besides the password the generation.

        So the sessions of somebody can be ended without knowing where they are kept.
        """
        return salted_hmac(
            "core.User.session",
            f"{self.session_generation}:{self.password}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    @cached_property
    def standings(self) -> dict[int, Standing]:
        """What the user is, by the companies it was asked of: core.auth keeps it here while the
        object lives, which is as long as a request."""
        return {}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the one backend that knows, twenty times a page: Django's way makes all of them anew
        for each question, and asks nothing of a superuser, who has no more here than others."""
        from core.auth import permissions_in

        return perm in permissions_in(self, obj)
