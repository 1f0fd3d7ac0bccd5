"""The use cases: react to an event, deliver a webhook, keep subscriptions. Servers are met by protocols."""
