# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx's configuration. ``build.py`` beside it gathers the pages; nothing here asks the network."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from docutils import nodes

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "clusterops.kube_proxy"
author = project_copyright = "clusterops contributors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "index"
exclude_patterns: list[str] = []

myst_heading_anchors = 4
# Messages and commands are found, and copied, as they are.
smartquotes = False
html_title = "kube-proxy with Ansible"
html_theme = "furo"
html_static_path = [str(Path(__file__).resolve().parent / "static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
# Of environment variables alone, which have a page.
html_use_index = False
html_show_sourcelink = False
html_show_sphinx = False
# The colours of furo's own defaults have too little contrast for small text.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

#: Pages of Ansible's documentation that the generated reference names: the labels, and where they lead.
ANSIBLE = "https://docs.ansible.com/ansible/latest"
ANSIBLE_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
ANSIBLE_PLUGIN = re.compile(r"ansible_collections\.ansible\.builtin\.(\w+)")

TABLE_CELL_OR_TITLE = re.compile(r"<(td|h1)\b.*?</\1>", re.DOTALL)
#: A text between tags that is a name, such as ``kube_proxy_mode`` or ``audit.html``.
NAME = re.compile(r"(?<=>)[A-Za-z][\w.]*[._][\w.]*(?=<)")


def to_ansible(_app: Sphinx, _env: object, node: nodes.Element, content: nodes.TextElement) -> nodes.reference | None:
    """Link what the reference says of Ansible itself, without the inventory of its documentation."""
    label = str(node.get("reftarget", ""))
    plugin = ANSIBLE_PLUGIN.fullmatch(label)
    page = f"collections/ansible/builtin/{plugin[1]}.html" if plugin else ANSIBLE_LABELS.get(label)
    if page is None:
        return None
    return nodes.reference("", "", content, internal=False, refuri=f"{ANSIBLE}/{page}")


def let_names_wrap(
    _app: Sphinx, _page: str, _template: str, context: dict[str, t.Any], _doctree: nodes.document | None
) -> None:
    """Names in tables and titles break after a dot or an underscore rather than anywhere."""
    if "body" in context:
        context["body"] = TABLE_CELL_OR_TITLE.sub(
            lambda found: NAME.sub(lambda name: re.sub("(?<=[._])(?=[a-z])", "<wbr>", name[0]), found[0]),
            context["body"],
        )


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", to_ansible)
    app.connect("html-page-context", let_names_wrap)
