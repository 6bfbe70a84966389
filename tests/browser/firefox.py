"""Firefox, driven by WebDriver BiDi, which it speaks itself: no other program is between it and the tests.

WebDriver BiDi: https://w3c.github.io/webdriver-bidi/.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

# Seconds until Firefox has answered; it starts slowly on a machine that is busy.
_PATIENCE = 60
# Names of keys, as WebDriver has them: https://www.w3.org/TR/webdriver2/#keyboard-actions.
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "End": "\ue010", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}


class Firefox:
    """A window of Firefox, and what went wrong in it.

    Attributes:
        wrong: Errors and warnings on the console, breaches of a page's policy among them, and requests beyond a page.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.wrong: list[str] = []
        self._connection = connection
        self._numbers = count()
        self._address = ""
        self._send("session.new", capabilities={})
        self._window = self._send("browsingContext.getTree")["contexts"][0]["context"]
        self._send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])

    def open(self, file: Path, width: int) -> None:
        """Show a page, in a window of a width in pixels."""
        self._address = file.as_uri()
        self._send("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": 800})
        self._send("browsingContext.navigate", context=self._window, url=self._address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """What an expression comes to, or the promise that it is, as plain data."""
        # As JSON, whose numbers, lists and objects need no words of BiDi's for their types.
        return json.loads(self._run(f"(async () => JSON.stringify(await ({expression})))()").get("value", "null"))

    def run(self, script: str) -> None:
        """Run a script, whose value does not matter."""
        self._run(f"{script};\nnull")

    def press(self, *keys: str) -> None:
        """Press keys, each a character or a name in `KEYS`."""
        actions = [{"type": way, "value": KEYS.get(key, key)} for key in keys for way in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._send("input.performActions", context=self._window, actions=[source])

    def click(self, selector: str) -> None:
        """Click in the middle of the first element of a selector."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{found}.scrollIntoView({{ block: 'center' }})")
        origin = {"type": "element", "element": {"sharedId": self._run(found)["sharedId"]}}
        actions = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self._send("input.performActions", context=self._window, actions=[source])

    def close(self) -> None:
        self._send("browser.close")

    def _run(self, script: str) -> Any:
        """A script's value, or of the promise that it is, in the words of BiDi."""
        answer = self._send("script.evaluate", expression=script, target={"context": self._window}, awaitPromise=True)
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return answer["result"]

    def _send(self, method: str, **parameters: Any) -> Any:
        """A command's result; what happens before it has come is noted."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=_PATIENCE))
            if message["type"] == "event":
                self._note(message["method"], message["params"])
            elif message["id"] == number:
                assert message["type"] == "success", message
                return message["result"]

    def _note(self, event: str, told: Any) -> None:
        if event == "log.entryAdded" and told["level"] in ("error", "warn"):
            self.wrong.append(f"on the console: {told['text']}")
        if event == "network.beforeRequestSent":
            address = told["request"]["url"].partition("#")[0]
            # A data: address asks nobody.
            if address != self._address and not address.startswith("data:"):
                self.wrong.append(f"a request: {address}")


@contextmanager
def started_firefox(profile: Path) -> Iterator[Firefox]:
    """Firefox without a screen, with a profile in an empty folder."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    assert found is not None, "Firefox is not here: install it (apt-get install firefox-esr)"
    # Dark, and all addresses behind a proxy that is not there.
    settings: dict[str, str | int] = {"layout.css.prefers-color-scheme.content-override": 0, "network.proxy.type": 1}
    settings |= {"network.proxy.socks": "127.0.0.1", "network.proxy.socks_port": 9}
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items())
    )
    command = [found, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            addresses = (re.search(r"BiDi listening on (ws://\S+)", line) for line in process.stderr)
            address = next(found[1] for found in addresses if found)
            with connect(f"{address}/session", max_size=None, open_timeout=_PATIENCE) as connection:
                firefox = Firefox(connection)
                yield firefox
                firefox.close()
            process.communicate(timeout=_PATIENCE)
        finally:
            process.kill()
