"""The columns of a guest file, in the order of templates and exports.

Who the guest is stands in PersonResource, before what the company notes and counts; what the
guest is given, in CreditResource, comes last.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from imports.columns import widgets
from imports.columns.credits import CreditResource
from imports.columns.declaration import Column
from imports.columns.person import PersonResource


class GuestResource(PersonResource):
    """A guest with cards, categories and external ids, one per row."""

    consent = Column(
        _("Consent"),
        widgets.ConsentWidget(max_length=500),
        aliases=(
            "consent to personal data processing, personal data consent, data consent, gdpr, "
            "gdpr consent, согласие, согласие на обработку персональных данных, согласие на "
            "обработку, согласие на обработку пд, обработка персональных данных"
        ),
        help_text=_(
            "Consent to the processing of personal data. What starts with a date is consent given "
            "that day, and the rest says where: “2024-05-01, Contract No. 17, Shop, Address”. "
            "An import never consents again for a guest who revoked."
        ),
        format_text=_("given, revoked or unknown; or a date and details"),
        example="given",
        protect_rule="if_empty",
    )
    consent_details = Column(
        _("Consent details"),
        widgets.LongTextWidget(max_length=500),
        aliases=(
            "details of consent, consent document, подробности согласия, основание согласия, "
            "документ согласия"
        ),
        help_text=_("Contract number, place, or the form on which consent was given."),
        example="Contract No. 17, Cannon Street 22",
        protect_rule="if_empty",
    )
    consent_date = Column(
        _("Consent date"),
        widgets.DateWidget(),
        aliases="date of consent, consent given on, дата согласия",
        help_text=_("The day on which consent was given or revoked."),
        example="2024-05-01",
        protect_rule="if_empty",
    )
    comment = Column(
        _("Comment"),
        widgets.LongTextWidget(max_length=5000),
        aliases=(
            "comments, note, notes, remark, remarks, permanent note, комментарий, комментарии, "
            "примечание, примечания, заметка, заметки"
        ),
        help_text=_("The permanent note on the guest."),
        format_text=_("any text"),
        example="Prefers the table by the window",
    )
    categories = Column(
        _("Categories"),
        widgets.CategoriesWidget(max_length=80),
        source=lambda guest: sorted(each.name for each in guest.category_list),
        aliases=(
            "category, guest category, guest categories, customer category, group, groups, "
            "segment, tags, категория, категории, категория гостя, категории гостя, группа, "
            "группы, сегмент"
        ),
        help_text=_("Added to those the guest has; an import takes none away."),
        format_text=_("names with “;” between them; a name that holds , ; | or a quote is quoted"),
        example="VIP; Lunch club",
        example_in_row=False,
        fixed_rule=True,
    )
    receive_promo = Column(
        _("Subscribed to e-mails and SMS"),
        widgets.YesNoWidget(),
        fills="subscribed",
        aliases=(
            "subscribed, subscription, subscribed to emails, subscribed to sms, newsletter, "
            "mailing, marketing, promo, opt in, receives promo, подписка, подписан, подписан на "
            "рассылку, рассылка, получать рассылку, согласие на рассылку"
        ),
        help_text=_("Whether the guest gets mailings. A no is kept, whatever an import says."),
        example="yes",
    )
    deleted = Column(
        _("Deleted"),
        widgets.YesNoWidget(),
        source=lambda guest: not guest.is_active,
        guest_field="is_active",
        aliases=(
            "is deleted, removed, inactive, удален, удалена, удалено, удаленный, гость удален"
        ),
        help_text=_("yes deletes the guest, no restores. Asks for the permission Outlet Setup."),
        example="no",
        permission="guests.outlet_setup",
    )
    member_number = Column(
        _("Member number"),
        widgets.IdWidget(max_length=64),
        aliases=(
            "member no, membership number, membership no, loyalty number, member id, номер "
            "участника, номер члена клуба, членский номер"
        ),
        help_text=_("The number in the member or loyalty programme; no two guests share one."),
        example="M-20077",
    )
    member_tier = Column(
        _("Member tier"),
        widgets.NameWidget(max_length=80),
        source=lambda guest: guest.member_tier.name if guest.member_tier else "",
        guest_field="member_tier_id",
        aliases=(
            "tier, membership tier, loyalty tier, membership level, member level, уровень, "
            "уровень участника, уровень лояльности"
        ),
        help_text=_("The tier's name as it stands in the settings."),
        example="Gold",
        example_in_row=False,
    )
    image_url = Column(
        _("Image address"),
        widgets.UrlWidget(max_length=500),
        aliases=(
            "image, photo, picture, photo url, picture url, avatar, image link, photo link, "
            "фото, фотография, ссылка на фото, изображение"
        ),
        help_text=_("Where a picture of the guest is."),
        format_text=_("https://..."),
        example="https://example.com/guests/1024.jpg",
        protect_rule="if_empty",
    )
    registered = Column(
        _("Registered"),
        widgets.MomentWidget(),
        fills="registered_at",
        aliases=(
            "registered at, registered on, registration date, guest registration date, date of "
            "registration, registration, date registered, joined, customer since, sign up date, "
            "дата регистрации, регистрация, зарегистрирован, дата регистрации гостя"
        ),
        help_text=_("When the guest joined. Without a time zone: the company's own time."),
        format_text=_("YYYY-MM-DD HH:MM, or a date alone"),
        example="2019-04-24 18:30",
    )
    current_order_sum = Column(
        _("Opening total"),
        widgets.AmountWidget(),
        fills="opening_total",
        aliases=(
            "order sum, orders sum, current order total, current orders sum, order total, "
            "orders total, total of orders, total orders sum, total, total spent, сумма "
            "заказов, общая сумма заказов, текущая сумма заказов, итого по заказам"
        ),
        help_text=_(
            "What the guest spent on orders before Regulars. Set when the guest is created."
        ),
        format_text=_("1234.56; no currency is needed"),
        example="250.50",
        update_rule="never",
        protect_rule="never",
        fixed_rule=True,
    )

    credit_amount = CreditResource.fields["credit_amount"]
    credit_currency = CreditResource.fields["credit_currency"]
    credit_expires = CreditResource.fields["credit_expires"]
    credit_program = CreditResource.fields["credit_program"]
