"""What a page says once after a form was sent: the address names the note, the words stand here."""

NOTES = {
    "added": "It is in your cart.",
    "changed": "The cart is changed.",
    "removed": "It is out of the cart.",
    "code": "The code is on the cart.",
    "code-off": "The code is off the cart.",
    "signed-in": "You are signed in.",
    "signed-out": "You are signed out.",
    "registered": "Thank you. If this e-mail had no account here it has one now: sign in with it.",
}
