"""Checks the links of README and book: each relative one leads to a file, and to a heading where it
names one; SUMMARY lists every page, and nothing else."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(page):
    """The page without fenced code, where brackets mean something else."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def anchors(page):
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def dead_links(page):
    for target in LINK.findall(prose(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"{page.relative_to(ROOT)}: `{target}` leads nowhere"
        elif anchor and anchor not in anchors(file):
            yield f"{page.relative_to(ROOT)}: `{target}` names no heading"


def unlisted():
    summary = DOCS / "SUMMARY.md"
    listed = {(DOCS / target).resolve() for target in LINK.findall(prose(summary))}
    pages = set(DOCS.rglob("*.md")) - {summary}
    for page in sorted(pages - listed):
        yield f"{page.relative_to(ROOT)} is not in SUMMARY.md"


def main():
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
    problems = [problem for page in pages for problem in dead_links(page)]
    problems += unlisted()
    print("\n".join(problems) or f"links of {len(pages)} pages are sound")
    sys.exit(bool(problems))


main()
