"""Packs the page into a C file: pack.py page.html page_data.c

The page holds one <style> and one <script>. The policy that it is served with names their hashes, so that a
browser runs nothing else, whatever finds its way into the page. No text of it may span lines."""
import base64
import gzip
import hashlib
import re
import sys

LIMIT_BYTES = 40960


def lean(html):
    """Without what is there for people: indents, empty lines, comments that have a line of their own."""
    lines = (line.strip() for line in html.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def digest(html, tag):
    (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.S)
    return "'sha256-" + base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode() + "'"


def fields(html, etag):
    policy = (f"default-src 'none'; script-src {digest(html, 'script')}; style-src {digest(html, 'style')}; "
              "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
              "frame-ancestors 'none'; require-trusted-types-for 'script'")
    return [f"etag: {etag}", "content-encoding: gzip", "vary: accept-encoding", "cache-control: no-cache",
            f"content-security-policy: {policy}", "x-content-type-options: nosniff",
            "referrer-policy: no-referrer"]


def literal(text):
    return '"' + text.replace('"', '\\"') + '"'


def main(source, target):
    with open(source, encoding="utf-8", newline="") as opened:
        html = lean(opened.read())
    packed = gzip.compress(html.encode(), 9, mtime=0)
    if len(packed) > LIMIT_BYTES:
        sys.exit(f"{source}: {len(packed)} bytes packed, {LIMIT_BYTES} at most")
    etag = '"' + hashlib.sha256(packed).hexdigest()[:16] + '"'
    lines = "\n".join(f"    {literal(field)} \"\\r\\n\"" for field in fields(html, etag))
    rows = "\n".join("    " + ",".join(map(str, packed[at:at + 24])) + ","
                     for at in range(0, len(packed), 24))
    with open(target, "w", encoding="utf-8") as opened:
        opened.write(f"""/* Made from page.html by pack.py. */
#include "core/page/page.h"

static const unsigned char packed[] = {{
{rows}
}};

static const char fields[] =
{lines};

const struct page page = {{
    .gzip = {{(const char *)packed, sizeof(packed)}},
    .etag = {{{literal(etag)}, {len(etag)}}},
    .fields = {{fields, sizeof(fields) - 1}},
}};
""")
    print(f"the page: {len(packed)} bytes packed, {LIMIT_BYTES} at most")


main(*sys.argv[1:])
