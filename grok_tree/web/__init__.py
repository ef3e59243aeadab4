"""The HTTP doors: the pages that people see in a browser."""

from grok_tree.web._door import WebDoor, web_app
from grok_tree.web._lent_key import LentKey
from grok_tree.web._page import shared_page
from grok_tree.web._wishes import path_with

__all__ = ["LentKey", "WebDoor", "path_with", "shared_page", "web_app"]
