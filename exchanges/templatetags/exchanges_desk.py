"""How a claim stands, for templates."""

from django import template

from exchanges import desk

register = template.Library()
register.filter("standing", desk.standing)
