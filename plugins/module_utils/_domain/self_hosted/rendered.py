# SPDX-License-Identifier: GPL-3.0-or-later

"""A KubeProxyConfiguration for a cluster that is yet to be made: a document of its own, from the request alone.

``kubeadm init --config`` takes it as one of the documents of its file, and kube-proxy as it is. It holds only what was
requested: kubeadm adds what it knows of the cluster (``clusterCIDR``, ``bindAddress``, the kubeconfig) where the
document does not say it, and kube-proxy its defaults.
"""

from __future__ import annotations

from ..._deps import yaml
from ..common.listed import listed
from ..common.printable import printable
from ..common.problems import Problem
from ..kube_proxy.settings import API_VERSION, KIND
from ..kube_proxy.versions import KubeProxyVersion
from .config_plan import ConfigPlan, further_problems, plan_config
from .config_request import ConfigRequest, UnreadableError
from .config_text import render_values

_EMPTY = {"apiVersion": API_VERSION, "kind": KIND}
#: Bytes; far more than any configuration of kubeadm's has.
LARGEST_FILE = 2**20
#: Characters of a foreign document's kind in a message.
_KIND_SHOWN = 60


def plan_rendered(request: ConfigRequest, version: KubeProxyVersion) -> ConfigPlan:
    """The document as a plan, of which ``text`` and ``document`` count; raises ValidationError with every problem.

    Keys are in alphabetical order and durations in Go text, as kubeadm writes them. Values that are kube-proxy's
    defaults because they are zero are left out, as they are where a ConfigMap is edited.
    """
    return plan_config(render_values(_EMPTY), "dest", request, version)


def problems_beside(error: UnreadableError, version: KubeProxyVersion) -> list[Problem]:
    """What else is wrong with a request of which some cannot be read."""
    return further_problems(_EMPTY, error, version)


def replacement_problem(content: bytes) -> str | None:
    """Why a file with this content must not be replaced by the document, and what to do instead; None if it may be.

    A KubeProxyConfiguration may, and a file without any document.
    """
    try:
        nodes = [node for node in yaml.compose_all(content.decode("utf-8-sig"), Loader=yaml.BaseLoader) if _says(node)]
    except (yaml.YAMLError, ValueError, RecursionError):
        return (
            "it holds something that cannot be read as YAML, which would be lost, and is left as it is; give another "
            "path, or remove the file"
        )
    others = [kind for kind in map(_kind, nodes) if kind != KIND]
    if not others:
        return None
    return (
        f"it holds {listed(list(dict.fromkeys(others)))}, which would be lost, and is left as it is; give the document "
        f"a file of its own, or leave dest out and put the result rendered into this file, between lines with ---"
    )


def _says(node: object) -> bool:
    """Whether a document is more than a line of dashes or a comment."""
    return not (isinstance(node, yaml.ScalarNode) and not node.value)


def _kind(node: object) -> str:
    """What a document is, for a message."""
    if not isinstance(node, yaml.MappingNode):
        return "a document that is no object of Kubernetes"
    kinds = [value.value for key, value in node.value if key.value == "kind" and isinstance(value, yaml.ScalarNode)]
    return printable(kinds[0], _KIND_SHOWN) if kinds and kinds[0] else "an object without kind"
