"""Facebook Messenger: customers write to a page (https://developers.facebook.com/docs/messenger-platform)."""
