# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``kubeconfig``, which Ansible hides as a whole."""

from __future__ import annotations

from .._domain.common.file_names import are_names
from .._domain.self_hosted import kubeconfig
from .module_spec import Params


def shown_of_kubeconfig(params: Params) -> set[str]:
    """What may be shown of it: the name of a file, and of a dictionary all but its secrets."""
    config = params["kubeconfig"]
    if isinstance(config, dict):
        return kubeconfig.leaves(config) - kubeconfig.secrets(config)
    if isinstance(config, str) and are_names(config):
        return {config}
    return set()
