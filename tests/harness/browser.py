"""Drive the machine's Chromium, and look for what somebody cannot use."""

from __future__ import annotations

import contextlib
import shutil
from typing import Any, Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

NARROW, WIDE = 400, 1280
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run the machine's Chromium, without a window; fail where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise AssertionError("these tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page, and what went wrong in it: `complaints` are errors of scripts, refused content and dialogs."""

    def __init__(self, browser: Browser, *, width: int = WIDE, scheme: Any = "light") -> None:
        self.complaints: list[str] = []
        self._context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def close(self) -> None:
        """Close it."""
        self._context.close()

    def forbid_dialogs(self) -> None:
        """Take each dialog for the work of an attacker."""

        def note(dialog: Dialog) -> None:
            self.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        self.page.on("dialog", note)

    def is_too_wide(self) -> bool:
        """Return whether a person would have to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def violations(self) -> list[str]:
        """Return what axe-core finds, rule and place of each."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]} {node['any'][:1]}"
            for each in found
            for node in each["nodes"]
        ]

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
