"""A small driver of headless Chromium over its DevTools port: what the page tests need, and no more."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from websockets.sync.client import connect

PATIENCE = 30.0
#: Where screenshots go.
OUTPUT = Path(__file__).resolve().parent.parent / ".output"


def executable() -> str | None:
    """Where Chromium is, if it is there."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


#: What a module of page tests is marked with.
needed = [pytest.mark.page, pytest.mark.skipif(executable() is None, reason="chromium is not installed")]


class Browser:
    """One Chromium process with a profile of its own: another browser, as far as a site can tell."""

    def __init__(self, name: str):
        self.name = name
        self._profile = tempfile.TemporaryDirectory(prefix=f"parley-{name}-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [
                executable(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={self._profile.name}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._port = self._wait_for_port()
        except BaseException:
            self.close()
            raise

    def open(self, url: str, width: int = 1280, height: int = 800) -> "Page":
        """Opens `url` in a tab of the given size."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            target = json.load(answer)
        page = Page(self.name, target["webSocketDebuggerUrl"])
        page.resize(width, height)
        page.go(url)
        return page

    def close(self) -> None:
        """Ends the process and forgets the profile."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def _wait_for_port(self) -> int:
        written = Path(self._profile.name) / "DevToolsActivePort"
        for _ in _until(PATIENCE * 2):
            if self._process.poll() is not None:
                raise RuntimeError(f"chromium ended with {self._process.returncode}")
            if written.exists() and (lines := written.read_text().splitlines()):
                return int(lines[0])
        raise TimeoutError("chromium did not open its DevTools port")


class Page:
    """One tab. `problems` collects uncaught errors and what the browser refused (a broken Content-Security-Policy)."""

    def __init__(self, name: str, address: str):
        self.name = name
        self.problems: list[str] = []
        self._lifetime = ExitStack()
        self._socket = self._lifetime.enter_context(connect(address, max_size=None))
        self._calls = 0
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters):
        """Sends a DevTools command and returns its result."""
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=PATIENCE))
            if message.get("id") == self._calls:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._note(message)

    def close(self) -> None:
        """Closes the tab."""
        self.call("Page.close")
        self._lifetime.close()

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.protocol.startsWith('http')")

    def reload(self) -> None:
        self.evaluate("window.isStale = true")
        self.call("Page.reload")
        self.wait("!window.isStale && document.readyState === 'complete'")

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def scheme(self, name: str) -> None:
        """Makes the system's colours `light` or `dark`."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def evaluate(self, expression: str):
        """The value of an expression in the page, a promise's once it is there."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(f"{expression}: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    def wait(self, expression: str, patience: float = PATIENCE):
        """Polls until the expression is true, and returns its value."""
        for _ in _until(patience):
            # While another page is being loaded, there may be nothing to ask.
            with suppress(RuntimeError):
                if value := self.evaluate(expression):
                    return value
        shown = self.evaluate("document.body.innerText")
        raise TimeoutError(f"{self.name}: never true: {expression}\n{self.problems}\n--- shown:\n{shown}")

    def wait_for_text(self, selector: str, text: str, patience: float = PATIENCE) -> None:
        """Polls until an element that matches holds this text."""
        self.wait(
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".some((element) => element.innerText.includes({json.dumps(text)}))",
            patience,
        )

    def click(self, selector: str) -> None:
        """Waits until the element stands still and can be pressed, then presses its middle as a mouse does."""
        middle = self.wait(
            f"""(async () => {{
              const element = document.querySelector({json.dumps(selector)});
              if (!element || element.disabled || element.getClientRects().length === 0) return null;
              element.scrollIntoView({{ block: "nearest" }});
              const before = element.getBoundingClientRect();
              await new Promise((resolve) => setTimeout(resolve, 50));
              const box = element.getBoundingClientRect();
              if (before.x !== box.x || before.y !== box.y) return null;
              const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
              const top = document.elementFromPoint(x, y);
              return element.contains(top) || element === top.closest("label")?.control ? {{ x, y }} : null;
            }})()"""
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **middle)

    def type(self, selector: str, text: str) -> None:
        """Puts the focus into the field and types."""
        self.click(selector)
        self.wait(f"document.activeElement === document.querySelector({json.dumps(selector)})")
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Presses and releases a key, such as `Enter`, 13."""
        for kind in ("keyDown", "keyUp"):
            written = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **written)

    def screenshot(self, path: Path) -> None:
        self.call("Page.bringToFront")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _note(self, message: dict) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif message.get("method") == "Log.entryAdded":
            entry = parameters["entry"]
            if entry["source"] in ("security", "javascript") or "Content Security Policy" in entry["text"]:
                self.problems.append(entry["text"])


def _until(patience: float):
    """Turns of a bounded wait, 50 ms apart."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        yield
        time.sleep(0.05)
