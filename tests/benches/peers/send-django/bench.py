"""Filters of the templates, as a Django program would register them."""

from decimal import Decimal

from django import template
from django.utils.dateparse import parse_date
from django.utils.formats import date_format

register = template.Library()


@register.filter
def money(amount) -> str:
    return f"{Decimal(amount):,.2f}".replace(",", "\u202f").replace(".", ",") + "\u00a0€"


@register.filter
def day(text: str) -> str:
    return date_format(parse_date(text), "j F Y")
