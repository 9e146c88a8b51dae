"""The columns for who a guest is: the ids and cards they are found by, name, birthday, e-mail.

Names and meanings come from the requirements: iiko's CSV columns, inCust's importable fields, the
customer contract of reservations. Aliases are what other systems and people call the same column,
in English and Russian; case, blanks and punctuation do not matter, nor does ё for е.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from import_export.resources import Resource

from imports.columns import widgets
from imports.columns.declaration import Column


class PersonResource(Resource):
    """Who a guest is."""

    phone = Column(
        _("Telephone"),
        widgets.PhoneWidget(),
        aliases=(
            "phone, phone number, tel, telephone number, mobile, mobile phone, mobile number, "
            "cell, cell phone, cellphone, contact phone, contact number, telefon, customer "
            "phone, guest phone, msisdn, телефон, номер телефона, телефонный номер, тел, моб, "
            "моб телефон, мобильный, мобильный телефон, сотовый, сотовый телефон, контактный "
            "телефон, телефон гостя, телефон клиента"
        ),
        help_text=_("Finds the guest. Every row must have it, and no two guests share one."),
        format_text=_("International: +44 and the number. Set the column to “text”."),
        example="+447400123456",
        update_rule="never",
        protect_rule="never",
        fixed_rule=True,
    )
    external_id = Column(
        _("External ID"),
        widgets.IdWidget(max_length=45),
        source=lambda guest: [each.value for each in guest.external_id_list],
        aliases=(
            "id, customer id, guest id, client id, external, foreign id, crm id, внешний id, "
            "внешний код, внешний идентификатор, ид, идентификатор, код гостя, код клиента, id "
            "гостя, id клиента"
        ),
        help_text=_("The guest's ID in another system. It finds the guest before the phone does."),
        example="C-1024",
        fixed_rule=True,
        repeats=True,
        first_is_bare=True,
    )
    track = Column(
        _("Card track"),
        widgets.IdWidget(max_length=64),
        source=lambda guest: [card.track for card in guest.card_list],
        aliases=(
            "track, magnetic track, magnetic card track, magnetic stripe, track number, трек, "
            "трек карты, дорожка, магнитная дорожка, магнитная полоса"
        ),
        help_text=_("What is on the magnetic stripe. Further cards: track_2, track_3, ..."),
        example="1111100001",
        fixed_rule=True,
        repeats=True,
    )
    number = Column(
        _("Card number"),
        widgets.IdWidget(max_length=64),
        source=lambda guest: [card.number for card in guest.card_list],
        aliases=(
            "card, card no, cards, card numbers, plastic card, plastic card number, plastic "
            "card numbers, magnetic card number, loyalty card, loyalty card number, discount "
            "card, card id, card code, карта, карты, номер карты, номера карт, карта гостя, "
            "карта клиента, пластиковая карта, номер пластиковой карты, дисконтная карта, номер "
            "дисконтной карты, бонусная карта, карта лояльности, код карты"
        ),
        help_text=_("What is printed on the card. Further cards: number_2, number_3, ..."),
        example="11111",
        fixed_rule=True,
        repeats=True,
    )
    employee_id = Column(
        _("Employee ID"),
        widgets.IdWidget(max_length=64),
        aliases=(
            "employee, employee number, staff id, staff number, personnel number, payroll "
            "number, табельный номер, табельный, номер сотрудника, id сотрудника, код "
            "сотрудника"
        ),
        help_text=_("For corporate catering reports."),
        example="E-17",
    )
    name = Column(
        _("First name"),
        widgets.NameWidget(max_length=100),
        fills="first_name",
        aliases=(
            "given name, forename, christian name, customer name, guest name, client name, имя, "
            "имя гостя, имя клиента"
        ),
        help_text=_("The first name, or what the guest wants to be called."),
        example="John",
        protect_rule="if_empty",
    )
    last_name = Column(
        _("Last name"),
        widgets.NameWidget(max_length=100),
        aliases=(
            "surname, family name, second name, customer last name, guest last name, фамилия, "
            "фамилия гостя, фамилия клиента"
        ),
        help_text=_("The family name."),
        example="Smith",
        protect_rule="if_empty",
    )
    middle_name = Column(
        _("Middle name"),
        widgets.NameWidget(max_length=100),
        aliases="patronymic, patronym, отчество, отчество гостя, второе имя",
        help_text=_("The middle name or patronymic."),
        example="William",
        protect_rule="if_empty",
    )
    birthday = Column(
        _("Date of birth"),
        widgets.BirthdayWidget(),
        aliases=(
            "birthday, birth date, birthdate, born, dob, bday, birthday date, дата рождения, "
            "день рождения, рождение, др, д р"
        ),
        help_text=_("For birthday campaigns. Not in the future and not before 1900."),
        example="1956-05-21",
        protect_rule="if_empty",
    )
    sex = Column(
        _("Sex"),
        widgets.SexWidget(),
        aliases="gender, пол",
        help_text=_("Used to filter guests and to address them."),
        format_text=_("male, female or other"),
        example="male",
        protect_rule="if_empty",
    )
    email = Column(
        _("E-mail"),
        widgets.EmailWidget(),
        aliases=(
            "email, mail, email address, customer email, customer email address, guest email, "
            "емейл, имейл, емайл, мейл, почта, электронная почта, эл почта, адрес электронной "
            "почты"
        ),
        help_text=_("For mailings, and for guests who sign in with it."),
        format_text=_("name@example.com"),
        example="john.smith@example.com",
        protect_rule="never",
    )
