"""A walk through every address there is, as everybody there could be, looking for planted secrets.

`secrets` plants words that must be read by nobody but those named beside them, `walkers` are the people
and systems who look, `addresses` come from the URL configuration, so that a new page is walked by itself.
"""
