"""What the shop sells, and where it is notified of changes."""

from engine import output
from engine.stripe import Price, Product, WebhookEndpoint

pro = Product("pro", name="Pro")
monthly = Price(
    "pro-monthly",
    product=pro,
    currency="usd",
    unit_amount=2900,
    recurring={"interval": "month"},
    lookup_key="pro_monthly",
)
events = WebhookEndpoint(
    "events",
    url="https://shop.example.com/webhooks/stripe",
    enabled_events=["product.updated", "price.created", "customer.created"],
)
output("webhook_secret", events.secret, sensitive=True)
