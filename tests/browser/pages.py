#!/usr/bin/env python3
"""Every page in a real browser, as a person sees it: at 1280 and 390 pixels, in Chinese and English, light and dark.

    python3 tests/browser/pages.py ADDRESS NAME:PASSWORD… [--axe AXE.MIN.JS] [--pictures FOLDER]

Starts from each person's first page and follows links. A page fails when it scrolls sideways, when labels of a chart overlap
or leave their picture, when its script or style is refused, when it answers with an error, or when axe-core finds that it
violates WCAG 2.2 AA. Prints a line a page; exits with 1 where one failed. Needs playwright (PyPI) and chromium; without
axe-core (npm) that part is left out, and said so.
"""

import argparse
import pathlib
import re
import sys

from playwright.sync_api import sync_playwright

PAGES = 24

LABELS = """() => {
  const faults = [];
  for (const svg of document.querySelectorAll('svg[role="img"]')) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const labels = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim() && getComputedStyle(t).visibility !== 'hidden');
    const boxes = labels.map(t => [t.textContent.trim(), t.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
    const name = svg.querySelector('title')?.textContent ?? 'a chart';
    if (!svg.querySelector('title')) faults.push('a chart has no title');
    for (const [text, box] of boxes) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        faults.push(`${name}: '${text}' leaves its picture`);
    }
    for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) {
      const [a, p] = boxes[i], [b, q] = boxes[j];
      const width = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const height = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (width > 2 && height > Math.min(p.height, q.height) * 0.4) faults.push(`${name}: '${a}' lies on '${b}'`);
    }
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1)
    faults.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${window.innerWidth}`);
  if (!document.title) faults.push('the page has no title');
  if (!document.querySelector('h1')) faults.push('the page has no heading');
  return faults;
}"""


AXE = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
  return found.violations.map(one => `${one.id}: ${one.help}; ${one.nodes.length} × ${one.nodes[0].html.slice(0, 160)}`);
}"""


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("address")
    words.add_argument("people", nargs="+")
    words.add_argument("--axe", type=pathlib.Path)
    words.add_argument("--pictures", type=pathlib.Path)
    words.add_argument("--pages", type=int, default=PAGES)
    args = words.parse_args()
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
    axe = args.axe.read_text() if args.axe else None
    if not axe:
        print("skip   axe-core is missing: npm install axe-core, and --axe node_modules/axe-core/axe.min.js")
    failed = 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"])
        for person in args.people:
            failed += visit(browser, args, axe, *person.split(":", 1))
        browser.close()
    sys.exit(1 if failed else 0)


def visit(browser, args, axe, name, password):
    """How many of a person's pages fail."""
    failed, paths = 0, None
    for width, scheme, language in [(1280, "light", "zh"), (390, "light", "zh"), (1280, "dark", "zh"), (390, "dark", "en")]:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        refused = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        log_in(page, args.address, name, password)
        paths = paths or walk(page, args.address, args.pages)
        for number, path in enumerate(paths):
            refused.clear()
            joint = "&" if "?" in path else "?"
            answer = page.goto(f"{args.address}{path}{joint}lang={language}")
            faults = [f"it answered {answer.status}"] if answer.status >= 400 else []
            faults += page.evaluate(LABELS) + refused
            if axe:
                page.evaluate(axe)
                faults += page.evaluate(AXE)
            failed += bool(faults)
            print(f"{'FAILED' if faults else 'ok':6} {name:9} {width:4} {scheme:5} {language} {path}", flush=True)
            for fault in faults[:20]:
                print(f"         {fault}")
            if args.pictures:
                plain = re.sub(r"[^0-9a-z]+", "-", path.lower()).strip("-") or "first"
                page.screenshot(path=args.pictures / f"{name}-{width}-{scheme}-{language}-{number:02}-{plain[:60]}.png", full_page=True)
        context.close()
    return failed


def log_in(page, address, name, password):
    page.goto(address)
    page.fill("input[type=text], input:not([type])", name)
    page.fill("input[type=password]", password)
    page.click("button[type=submit]")
    page.wait_for_load_state()


def walk(page, address, most):
    """Paths of pages, one of each shape: a second school's page looks like the first one's."""
    seen, shapes, waiting = set(), set(), ["/"]
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        shape = re.sub(r"[0-9a-f]{32}|\d{10}|\d{6}|\d{4}(-\d{2,4}(-\d)?)?|[A-Z]\d{2}|(?<=/model/)\w+[.]\w+|(?<=/form/)\w+", "#", path.split("?")[0])
        if path in seen or shape in shapes:
            continue
        seen.add(path)
        shapes.add(shape)
        page.goto(address + path)
        links = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.getAttribute('href'))")
        waiting += [link.split("#")[0] for link in links if link.startswith("/") and "lang=" not in link and not link.startswith("/static")]
    return sorted(seen)


if __name__ == "__main__":
    main()
