"""What leaves the house: webhooks and mails, from rows that were written with what they tell.

At least once: a delivery is claimed under a lease with a random token, its attempt counted and committed; it
is sent outside any transaction; how it went is written in one commit that counts only while the token is the
endpoint's. The receiver knows a repeat by its id, and gets the same body each time.

`endpoints` is what people and partners' systems do, `telling` writes what is to be told, `queue` claims and
finishes, `working` drains. `schedule` and `addresses` know no database, `sending` and `mailing` none either.
"""
