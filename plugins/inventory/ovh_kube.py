# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ovh_kube
short_description: OVHcloud Managed Kubernetes clusters as hosts
version_added: 1.0.0
author:
  - clusterops contributors (@clusterops)
description:
  - Makes every cluster of OVHcloud Managed Kubernetes a host of the inventory, in the given Public Cloud projects or in
    all projects that the credentials reach.
  - A host has the name of its cluster. If several clusters have the same name, the first eight characters of the ID are
    added. If a name contains other characters than letters, digits, dots, hyphens and underscores, the ID is used.
  - Every host is in the group C(managed_clusters), on which the playbooks of this collection play, and in one group
    each for its project, region, mode of kube-proxy, plan, version and status, such as
    C(project_0123456789abcdef0123456789abcdef), C(region_gra11), C(mode_ipvs), C(plan_free), C(version_1_34) and
    C(status_ready). A cluster without kube-proxy is in C(mode_none).
  - The variable C(ovh_kube) of a host is a dictionary with C(service_name), the ID of the project, and everything that
    M(clusterops.kube_proxy.kube_cluster_info) returns of a cluster. Use it in O(compose), O(groups) and
    O(keyed_groups).
  - The variables C(managed_cluster_kube_id) and C(managed_cluster_service_name) are set as well, so that the role
    P(clusterops.kube_proxy.managed_cluster#role) finds a cluster without reading the whole project.
  - Up to eight clusters are read at the same time. If a project cannot be read, its clusters are left out with a
    warning.
  - The inventory source is a file whose name ends with C(ovh_kube.yml) or C(ovh_kube.yaml). Texts of the connection in
    it may be templates, for example with a lookup plugin that gets a secret.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - clusterops.kube_proxy._ovh
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [clusterops.kube_proxy.ovh_kube]
  service_names:
    description:
      - IDs of the Public Cloud projects, 32 characters V(0)-V(9) and V(a)-V(f) each.
      - If blank, the project in the environment variable E(OVH_CLOUD_PROJECT_SERVICE), and without it all projects that
        the credentials reach. To list them, the credentials need the right to read C(/cloud/project).
    type: list
    elements: str
    default: []
notes:
  - The cache holds what the API returned of clusters, and no credentials. What is read while a project cannot be read
    is not cached.
seealso:
  - module: clusterops.kube_proxy.kube_cluster_info
"""

EXAMPLES = r"""
# production.ovh_kube.yml: all clusters that the credentials in the environment variables reach
plugin: clusterops.kube_proxy.ovh_kube

---
# Two projects; credentials from a lookup; groups of one's own
plugin: clusterops.kube_proxy.ovh_kube
endpoint: ovh-eu
client_id: EU.0123456789abcdef
client_secret: "{{ lookup('ansible.builtin.file', '~/.secrets/ovh') }}"
service_names:
  - 0123456789abcdef0123456789abcdef
  - fedcba9876543210fedcba9876543210
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ovh_kube
groups:
  outdated: not ovh_kube.is_up_to_date
keyed_groups:
  - key: ovh_kube.name.split('-') | first
    prefix: team
"""

import os
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._deps import missing
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.masking import Secrets
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.fleet import Member, members
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.fleet import FLEET
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import Host


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "clusterops.kube_proxy.ovh_kube"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("ovh_kube.yml", "ovh_kube.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        for member in members(self._projects(path, cache)):
            self._add(inventory, member)

    def _projects(self, path: str, cache: bool) -> list[dict[str, t.Any]]:
        key = self.get_cache_key(path)
        cached = self.get_option("cache")
        if cached and cache:
            try:
                return list(self._cache[key])
            except KeyError:
                pass
        projects, complete = self._read()
        if cached and complete:
            self._cache[key] = projects
        return projects

    def _read(self) -> tuple[list[dict[str, t.Any]], bool]:
        """What the API has, and whether that is all."""
        for requirement, reason in missing(*FLEET.libraries):
            raise AnsibleError(f"{missing_required_lib(requirement)} {reason}")
        secrets = Secrets()
        # A text may be a template; Ansible itself renders those of playbooks only.
        self.templar.available_variables = self._vars or {}
        options = {name: self.templar.template(self.get_option(name)) for name in FLEET.argument_spec}
        for name, option in FLEET.argument_spec.items():
            if option.get("no_log") and option["type"] == "str" and options[name]:
                secrets.add(str(options[name]))
        ended = FLEET.execute(options, Host(os.environ, secrets.add), check_mode=False)
        for warning in ended.warnings:
            self.display.warning(f"ovh_kube: {secrets.strike(warning)}")
        if ended.failed:
            raise AnsibleParserError(secrets.strike(ended.result["msg"]))
        return ended.result["projects"], not ended.warnings

    def _add(self, inventory: t.Any, member: Member) -> None:
        inventory.add_host(member.host)
        for group in member.groups:
            inventory.add_child(inventory.add_group(group), member.host)
        for name, value in member.variables.items():
            inventory.set_variable(member.host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), member.variables, member.host, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), member.variables, member.host, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), member.variables, member.host, strict)
