"""`engine drift`: what was changed on Stripe outside of the code, and by what."""
