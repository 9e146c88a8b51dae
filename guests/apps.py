from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GuestsConfig(AppConfig):
    name = "guests"
    role_permissions = {
        "view_guest": ["owner", "manager", "operator", "host"],
        "add_guest": ["owner", "manager", "operator", "host"],
        "change_guest": ["owner", "manager", "operator"],
        "outlet_setup": ["owner", "manager"],
        "export_guest": ["owner", "manager"],
        "erase_guest": ["owner"],
        "merge_guest": ["owner", "manager"],
        "share_view": ["owner", "manager"],
        "add_category": ["owner", "manager"],
        "change_category": ["owner", "manager"],
        "delete_category": ["owner", "manager"],
        "change_membertier": ["owner", "manager"],
    }

    def ready(self) -> None:
        from core import phone_rule
        from core.web import navigation
        from guests import guards  # noqa: F401
        from guests.forms.fields import read_phone
        from guests.services import duplicates, erasing, forgetting, own_parts
        from guests.web import many, oneness, overview, settings, shared_views, words

        phone_rule.register(read_phone)
        own_parts.register()
        many.register()
        shared_views.register()
        oneness.register()
        words.register()
        overview.register()
        settings.register()
        forgetting.register()
        erasing.register()
        duplicates.register()
        navigation.register(
            navigation.Entry(
                order=20,
                label=_("Guests"),
                url_name="guests:list",
                permission="guests.view_guest",
                namespace="guests",
            )
        )
