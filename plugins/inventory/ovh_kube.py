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
  - The ID is also used, with a warning, if a group has the name of the cluster, because Ansible would take the group.
    Such groups are those of sources that were read before, those from O(groups) and O(keyed_groups), C(kube_nodes), on
    which playbooks of this collection play, and whatever could be one of the groups below, such as C(region_sbg5).
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
  - The inventory source is a file whose name ends with C(ovh_kube.yml) or C(ovh_kube.yaml). The options of the
    connection and O(service_names) may be templates in it, for example with a lookup plugin that gets a secret. They
    are rendered before they are read, so that a template may give several projects, as a list or with commas.
  - Blank options count as not set. An option that does not exist, or that has another type, is refused.
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
    is not cached. If the endpoint, the projects or the credentials are others than before, the cache is not used.
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
import re
import secrets
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.template import trust_as_template

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._deps import missing
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.masking import Secrets
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.common.problems import ValidationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.fleet import Member, members
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.fleet_cache import answer, entry
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.fleet import FLEET, question, read_source
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.module_spec import Host
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._shell.outcome import outcome, sentence

#: What Ansible quotes of a file that it cannot read: a secret that begins with an asterisk is an alias to YAML.
_QUOTED = re.compile(r"'(?=\S)[^']{3,}'|\"(?=\S)[^\"]{3,}\"")

Projects = list[dict[str, t.Any]]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "clusterops.kube_proxy.ovh_kube"
    #: There as soon as parsing has begun.
    loader: t.Any
    inventory: t.Any

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(("ovh_kube.yml", "ovh_kube.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        for requirement, reason in missing(*FLEET.libraries):
            raise AnsibleError(f"{missing_required_lib(requirement)} {reason}")
        projects = self._projects(self._options_in(path), path, cache)
        self._add(self._members(projects))

    def _options_in(self, path: str) -> dict[str, t.Any]:
        """The options of the connection; Ansible gets to know its own."""
        try:
            # A text of no known file: of one, Ansible shows the lines around whatever it warns of, and secrets in them.
            text = self.loader.get_text_file_contents(path).encode().decode()
            given = self.loader.load(trust_as_template(text), show_content=False)
        except AnsibleError as error:
            raise AnsibleParserError(_QUOTED.sub("'...'", str(error))) from None
        try:
            source = read_source(self.option_definitions, given, self._rendered)
        except ValidationError as error:
            raise AnsibleParserError(outcome(error).result["msg"]) from None
        self.set_options(direct=source.of_ansible, var_options=self._vars)
        if self.get_option("cache"):
            self.load_cache_plugin()
        return source.params

    def _rendered(self, value: t.Any) -> t.Any:
        """A text may be a template; Ansible itself renders those of playbooks only."""
        self.templar.available_variables = self._vars or {}
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise ValueError(str(error)) from None

    def _projects(self, params: dict[str, t.Any], path: str, cache: bool) -> Projects:
        key = self.get_cache_key(path)
        asked = question(params, os.environ) if self.get_option("cache") else None
        if asked is not None and cache:
            kept = answer(self._kept(key), asked)
            if kept is not None:
                return kept
        projects, complete = self._read(params)
        if asked is not None and complete:
            self._cache[key] = entry(projects, asked, secrets.token_hex(16))
        return projects

    def _kept(self, key: str) -> t.Any:
        try:
            return self._cache.get(key)
        except Exception as error:
            # Each cache has errors of its own; whatever they are, the API has what it should have had.
            self.display.vvv(f"ovh_kube: the cache cannot be read: {type(error).__name__}")
            return None

    def _read(self, params: dict[str, t.Any]) -> tuple[Projects, bool]:
        """What the API has, and whether that is all."""
        struck = Secrets()
        for name, option in FLEET.argument_spec.items():
            if option.get("no_log") and option["type"] == "str" and params[name]:
                struck.add(params[name])
        ended = FLEET.execute(params, Host(os.environ, struck.add), check_mode=False)
        for warning in ended.warnings:
            self.display.warning(f"ovh_kube: {struck.strike(warning)}")
        if ended.failed:
            raise AnsibleParserError(struck.strike(ended.result["msg"]))
        return ended.result["projects"], not ended.warnings

    def _members(self, projects: Projects) -> list[Member]:
        """The clusters as hosts whose names are those of no group, as far as the groups are known by now."""
        groups = {*self.inventory.groups, *map(self._sanitize_group_name, self.get_option("groups"))}
        found = members(projects, groups)
        if self.get_option("keyed_groups"):
            found = members(projects, groups | self._keyed_groups(found))
        for member in found:
            if member.warning is not None:
                self.display.warning(f"ovh_kube: {sentence(member.warning)}")
        return found

    def _keyed_groups(self, found: list[Member]) -> set[str]:
        """The groups that the option makes: it is tried in an inventory of its own, since only Ansible knows them."""
        inventory, self.inventory = self.inventory, InventoryData()
        try:
            self._add(found)
            return set(self.inventory.groups)
        finally:
            self.inventory = inventory

    def _add(self, found: list[Member]) -> None:
        strict = self.get_option("strict")
        for member in found:
            self.inventory.add_host(member.host)
            for name, value in member.variables.items():
                self.inventory.set_variable(member.host, name, value)
            for group in member.groups:
                # And not as a child, which may be a host or a group.
                self.inventory.add_host(member.host, self.inventory.add_group(group))
            self._set_composite_vars(self.get_option("compose"), member.variables, member.host, strict)
            self._add_host_to_composed_groups(self.get_option("groups"), member.variables, member.host, strict)
        # When all hosts have what is theirs: a variable would go to a group of the name, whatever it is set for.
        for member in found:
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), member.variables, member.host, strict)
