"""A headless Chromium driven by Selenium: WebDriver's own commands, the DevTools protocol where WebDriver has no word.

Browser and driver are the ones that are installed; nothing is looked for or fetched.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal
from unittest.mock import patch

from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER: Final = shutil.which("chromedriver")
_PATIENCE_SECONDS: Final = 60.0
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_ALONE: Final = {"SE_OFFLINE": "true", "SE_AVOID_STATS": "true", "no_proxy": "*"}
"""No word to Selenium's own services, and none to a proxy: driver and browser are on this machine."""


def missing() -> str:
    """Return which of Debian's packages a browser test lacks; "" when it lacks none."""
    wanted = {"chromium": CHROMIUM, "chromium-driver": CHROMEDRIVER}
    return " and ".join(name for name, found in wanted.items() if not found)


class Browser:
    """One tab. What it asked for and complained of is kept until the next `open`."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver
        self._sent: list[str] = []
        self._said: list[str] = []

    def open(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        scripts: bool = True,
        scheme: str = "light",
        policy: bool = True,
    ) -> None:
        """Load a page and wait for its load event. Nothing glides: a place is reached when a key is pressed.

        Without `policy` its Content-Security-Policy is not enforced.
        """
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._command("Emulation.setDeviceMetricsOverride", **size)
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self._command("Emulation.setEmulatedMedia", media="", features=features)
        self._command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._command("Page.setBypassCSP", enabled=not policy)
        self._driver.get("about:blank")
        self._listen()
        self._sent.clear()
        self._said.clear()
        self._driver.get(address)

    def ask(self, expression: str) -> Any:
        """Evaluate an expression of ours in the page; a promise is waited for."""
        return self._driver.execute_script(f"return ({expression})")

    def press(self, keys: str) -> None:
        """Press one key after the other, or "Enter", wherever the focus is; a list takes the option so spelled."""
        ActionChains(self._driver).send_keys({"Enter": Keys.ENTER}.get(keys, keys)).perform()

    def click(self, selector: str) -> None:
        """Click the first element that fits, brought to the middle of the screen: no bar lies over it there."""
        element = self._driver.find_element(By.CSS_SELECTOR, selector)
        self._driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def permit(self, permission: str, state: Literal["granted", "denied"]) -> None:
        self._driver.set_permissions(permission, state)

    def show_as_print(self) -> None:
        self._command("Emulation.setEmulatedMedia", media="print")

    def pdf(self) -> bytes:
        return base64.b64decode(self._driver.print_page())

    @property
    def asked_for(self) -> list[str]:
        """The addresses that were requested since the page was opened, but for data: ones."""
        self._listen()
        return [one for one in self._sent if not one.startswith("data:")]

    @property
    def complaints(self) -> list[str]:
        """What stands in the console: errors, warnings, refusals by the policy."""
        self._listen()
        return list(self._said)

    def _listen(self) -> None:
        """Take what the driver has logged; it tells everything once."""
        events = [json.loads(one["message"])["message"] for one in self._logged("performance")]
        self._sent += [
            one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"
        ]
        self._said += [one["message"] for one in self._logged("browser")]

    def _logged(self, kind: str) -> list[dict[str, Any]]:
        return list(self._driver.get_log(kind))  # type: ignore[no-untyped-call]

    def _command(self, method: str, **parameters: Any) -> None:
        self._driver.execute_cdp_cmd(method, parameters)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a new profile in `folder`; end it with the block."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*_FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with patch.dict(os.environ, _ALONE):
        driver = Chrome(options=options, service=Service(executable_path=str(CHROMEDRIVER)))
        try:
            driver.set_page_load_timeout(_PATIENCE_SECONDS)
            driver.set_script_timeout(_PATIENCE_SECONDS)
            yield Browser(driver)
        finally:
            driver.quit()
