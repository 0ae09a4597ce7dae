"""Programs with the page's `client.js` as a library, run in a page."""

import json


def names(*people):
    """`given` of `run` that tells the accounts of these people, each by the word that their name begins with."""
    return {each.name.split("-")[0]: {"name": each.name, "password": each.password} for each in people}


#: `fate`: what became of a promise, in a word; of one that nothing becomes of, the word is "pending".
HELP = """
  const fate = (promise) => promise.then((value) => value ?? "done", (error) => error.code ?? error.name);
  const soon = (promise) => Promise.race([fate(promise), new Promise((resolve) => setTimeout(resolve, 3_000, "pending"))]);
"""


def run(page, body, **given):
    """Runs the body of an async function of `ParleyClient`, `ParleyError` and what is given, and returns its value."""
    parameters = f"{{ ParleyClient, ParleyError, {', '.join(given)} }}"
    values = f"{{ ...m, ...{json.dumps(given)} }}"
    program = f"import('/client.js').then((m) => (async ({parameters}) => {{ {HELP} {body} }})({values}))"
    return json.loads(page.evaluate(f"{program}.then((value) => JSON.stringify(value ?? null))"))
