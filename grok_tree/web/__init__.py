"""The HTTP doors: the pages that people see in a browser."""

from grok_tree.web._door import WebDoor, web_app
from grok_tree.web._page import shared_page

__all__ = ["WebDoor", "shared_page", "web_app"]
