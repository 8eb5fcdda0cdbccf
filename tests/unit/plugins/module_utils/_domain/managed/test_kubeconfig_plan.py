# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig that is put into a file: what is added, what stays as it was written, and whose entries are whose."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.kubeconfig_plan import (
    Access,
    KubeconfigPlan,
    plan_merge,
    plan_replace,
)
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.managed.kubeconfig_text import (
    NotAKubeconfigError,
)

KUBE_ID = "11111111-2222-3333-4444-555555555555"
OURS = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: AUTHORITY
    server: https://ours.k8s.ovh.net
  name: prod
contexts:
- context:
    cluster: prod
    user: kubernetes-admin-prod
  name: kubernetes-admin-prod@prod
current-context: kubernetes-admin-prod@prod
kind: Config
preferences: {}
users:
- name: kubernetes-admin-prod
  user:
    client-certificate-data: CERTIFICATE
    client-key-data: KEY
"""
ACCESS = Access.of(OURS)


def test_used_at_once_it_has_nothing_of_the_host() -> None:
    document = yaml.safe_load(OURS)
    plain = Access.of(OURS).by_itself()
    assert plain == {**{name: value for name, value in document.items() if name != "preferences"}}
    document["clusters"][0]["cluster"].update({"proxy-url": "http://x", "insecure-skip-tls-verify": True})
    document["clusters"].append({"name": "another", "cluster": {"server": "https://another"}})
    document["users"][0]["user"].update({"exec": {"command": "rm"}, "tokenFile": "/etc/shadow", "client-key": "/key"})
    document["contexts"][0]["context"]["extensions"] = [{"name": "x"}]
    assert Access.of(yaml.safe_dump(document)).by_itself() == plain


#: As people have it: hand-written, with another cluster and with values that are easily changed by a rewrite.
THEIRS = """\
kind: Config
apiVersion: v1
current-context: 'staging'
users:
  - name: "oidc"
    user:
      auth-provider: {name: oidc, config: {expiry: 2026-11-25T10:00:00Z, port: 0644, at: 12:30, yes: "on"}}
  - name: staging
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: login
        args: ["--id", "007"]
        env: null
contexts:
  - name: staging
    context: {cluster: staging, user: staging, namespace: web}
clusters:
  - name: staging
    cluster:
      server: https://staging.example:6443
      certificate-authority: ca.pem
      insecure-skip-tls-verify: false
extensions: []
"""


def merge(current: str | None, access: Access = ACCESS, *, use: bool = True) -> KubeconfigPlan:
    plan = plan_merge(current, access, KUBE_ID, use=use)
    again = plan_merge(plan.text, access, KUBE_ID, use=use)
    # Whatever it is, it is done once.
    assert (again.text, again.context, again.before) == (plan.text, plan.context, again.after)
    shown = repr((plan.before, plan.after, plan.notes, plan.lost))
    assert not [secret for secret in ("AUTHORITY", "CERTIFICATE", "KEY", "007", "ca.pem") if secret in shown]
    return plan


def changed(text: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def entry(text: str, kind: str, name: str) -> dict[str, t.Any]:
    [found] = [entry for entry in yaml.safe_load(text)[kind] if entry["name"] == name]
    return found[kind.removesuffix("s")]


def names(text: str) -> dict[str, list[str]]:
    return {kind: [entry["name"] for entry in yaml.safe_load(text)[kind]] for kind in ("clusters", "contexts", "users")}


@pytest.mark.parametrize("current", [None, "", "\n# nothing\n", "{}", "null\n"])
def test_empty_file_becomes_what_the_api_sent(current: str | None) -> None:
    plan = merge(current)
    assert plan.text == OURS
    assert plan.before == {}
    assert set(plan.after) == {"server", "fingerprint"}


def test_own_file_is_brought_up_to_date_and_stays_what_the_api_sent() -> None:
    former = changed(OURS, ("KEY", "FORMER"))
    plan = merge(former)
    assert plan.text == OURS
    assert plan.before["server"] == plan.after["server"] == "https://ours.k8s.ovh.net"
    assert plan.before["fingerprint"] != plan.after["fingerprint"]


def test_same_values_in_another_spelling_are_left_as_they_are() -> None:
    spelled = "# mine\n" + changed(OURS, ("name: prod", 'name: "prod"'), ("preferences: {}\n", "preferences:\n  {}\n"))
    assert merge(spelled).text == spelled


def test_other_clusters_stay_as_they_were_written() -> None:
    plan = merge(THEIRS)
    assert names(plan.text) == {
        "clusters": ["staging", "prod"],
        "contexts": ["staging", "kubernetes-admin-prod@prod"],
        "users": ["oidc", "staging", "kubernetes-admin-prod"],
    }
    for kind, name in (("clusters", "staging"), ("contexts", "staging"), ("users", "oidc"), ("users", "staging")):
        assert entry(plan.text, kind, name) == entry(THEIRS, kind, name)
    for spelling in ("expiry: 2026-11-25T10:00:00Z", "port: 0644", "at: 12:30", 'yes: "on"', '"007"', "env: null"):
        assert spelling in plan.text
    assert list(yaml.safe_load(plan.text)) == list(yaml.safe_load(THEIRS))
    assert entry(plan.text, "users", "kubernetes-admin-prod") == entry(OURS, "users", "kubernetes-admin-prod")
    assert yaml.safe_load(plan.text)["current-context"] == plan.context == "kubernetes-admin-prod@prod"


def test_diff_names_what_is_added_and_the_current_context() -> None:
    plan = merge(THEIRS)
    assert plan.before == {
        "clusters": ["staging"],
        "contexts": ["staging"],
        "users": ["oidc", "staging"],
        "current_context": "staging",
    }
    assert plan.after["contexts"] == ["staging", "kubernetes-admin-prod@prod"]
    assert plan.after["current_context"] == "kubernetes-admin-prod@prod"
    assert plan.after["server"] == "https://ours.k8s.ovh.net"


@pytest.mark.parametrize(
    ("current", "kept"),
    [
        (THEIRS, "staging"),
        (changed(THEIRS, ("current-context: 'staging'\n", "")), "kubernetes-admin-prod@prod"),
        (changed(THEIRS, ("current-context: 'staging'", "current-context: gone")), "kubernetes-admin-prod@prod"),
    ],
)
def test_current_context_can_be_left_alone(current: str, kept: str) -> None:
    assert yaml.safe_load(merge(current, use=False).text)["current-context"] == kept


def test_renewed_credentials_replace_the_old_ones_and_nothing_else() -> None:
    """As after a reset; people add a namespace, a proxy and whom to impersonate."""
    file = changed(
        merge(THEIRS).text,
        ("    user: kubernetes-admin-prod\n", "    user: kubernetes-admin-prod\n    namespace: web\n"),
        ("    server: https://ours.k8s.ovh.net", "    server: https://OURS.k8s.ovh.net:443/\n    proxy-url: http://p"),
        ("    certificate-authority-data: AUTHORITY", "    insecure-skip-tls-verify: true"),
        ("    client-certificate-data: CERTIFICATE\n    client-key-data: KEY", "    token: OLD\n    as: somebody"),
    )
    plan = merge(file)
    assert entry(plan.text, "contexts", plan.context)["namespace"] == "web"
    assert entry(plan.text, "clusters", "prod") == {
        "certificate-authority-data": "AUTHORITY",
        "server": "https://ours.k8s.ovh.net",
        "proxy-url": "http://p",
    }
    assert entry(plan.text, "users", "kubernetes-admin-prod") == {
        "as": "somebody",
        "client-certificate-data": "CERTIFICATE",
        "client-key-data": "KEY",
    }


def test_context_that_was_renamed_is_found_again() -> None:
    file = changed(merge(THEIRS).text, ("kubernetes-admin-prod@prod", "mine"))
    plan = merge(file, Access.of(changed(OURS, ("KEY", "NEW"))))
    assert plan.context == "mine"
    assert names(plan.text)["contexts"] == ["staging", "mine"]
    assert entry(plan.text, "users", "kubernetes-admin-prod")["client-key-data"] == "NEW"


OTHER = changed(OURS, ("ours.k8s", "other.k8s"), ("KEY", "OTHERS"))


@pytest.mark.parametrize(
    "current",
    [
        pytest.param(OTHER, id="everything of a cluster of the same name"),
        pytest.param(changed(OTHER, ("kubernetes-admin-prod@prod", "mine")), id="its context renamed"),
        pytest.param(
            changed(OTHER, ("name: prod\n", "name: a\n"), ("cluster: prod", "cluster: a"), ("@prod", "")), id="its user"
        ),
        pytest.param(changed(OTHER, ("kubernetes-admin-prod\n", "u\n"), ("  name: prod", "  name: a")), id="context"),
        pytest.param(
            changed(OTHER, (OTHER[OTHER.index("contexts:") : OTHER.index("kind:")], "")), id="no context at all"
        ),
    ],
)
def test_entries_of_another_cluster_are_never_replaced(current: str) -> None:
    plan = merge(current)
    before, after = yaml.safe_load(current), yaml.safe_load(plan.text)
    for kind in ("clusters", "contexts", "users"):
        assert after[kind][:-1] == before.get(kind, [])
        assert after[kind][-1]["name"].endswith(f"-{KUBE_ID}")
    assert plan.context == f"kubernetes-admin-prod@prod-{KUBE_ID}"
    assert entry(plan.text, "contexts", plan.context) == {
        "cluster": f"prod-{KUBE_ID}",
        "user": f"kubernetes-admin-prod-{KUBE_ID}",
    }
    assert len(plan.notes) == 1
    renewed = merge(plan.text, Access.of(changed(OURS, ("KEY", "NEW"))))
    assert names(renewed.text) == names(plan.text)


def test_comments_are_lost_and_that_is_said() -> None:
    assert merge(THEIRS).notes == ()
    assert merge("# mine\n" + THEIRS).notes == ("its comments are lost, since it is written anew",)


def test_aliases_merge_keys_and_json_are_understood() -> None:
    aliased = changed(THEIRS, ("command: login", "command: &login login"), ("env: null", "installHint: *login"))
    assert entry(merge(aliased).text, "users", "staging")["exec"]["installHint"] == "login"
    base = "extensions: &base {certificate-authority: ca.pem}\n"
    shared = changed(THEIRS, ("extensions: []\n", base), ("      certificate-authority: ca.pem\n", "      <<: *base\n"))
    shared = base + changed(shared, (base, ""))
    assert entry(merge(shared).text, "clusters", "staging")["certificate-authority"] == "ca.pem"
    in_json = '{"kind": "Config", "users": [], "clusters": [{"name": "a", "cluster": {"server": "https://a"}}]}'
    assert names(merge(in_json).text)["clusters"] == ["a", "prod"]


@pytest.mark.parametrize(
    "current",
    [
        "old",
        "- a\n- b\n",
        "root:x:0:0:root:/root:/bin/bash",
        "tasks: []\n",
        "kind: Secret\napiVersion: v1\n",
        "kind: Config\n---\nkind: Config\n",
        "kind: Config\nclusters: {prod: {}}\n",
        "kind: Config\nclusters: [prod]\n",
        "kind: Config\nusers: [{user: {}}]\n",
        "kind: Config\nusers: [{name: a, user: KEY}]\n",
        "kind: Config\nusers: [{name: a}, {name: a}]\n",
        "kind: Config\ncontexts: [{name: a, context: {cluster: [KEY]}}]\n",
        "kind: Config\ncurrent-context: [KEY]\n",
        "kind: Config\nkind: Config\n",
        "kind: Config\nusers: &all [{name: a, user: {all: *all}}]\n",
        "client-key-data: KEY\n  broken: [",
        "[" * 5000,
        "\x00",
    ],
)
def test_what_is_no_kubeconfig_is_refused_without_a_word_of_it(current: str) -> None:
    with pytest.raises(NotAKubeconfigError) as caught:
        plan_merge(current, ACCESS, KUBE_ID, use=True)
    assert "KEY" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        ("kind: Config\nkind: Config\n", "it has a key twice in one mapping (line 2)"),
        ("kind: Config\n[a]: b\n", "it has a key that is no text (line 2)"),
        ("kind: Config\n---\nkind: Config\n", "it has more than one YAML document (line 2)"),
        ("kind: Config\nusers: [\n", "it is not YAML that can be read (line 3)"),
        ("kind: Config\nusers: \x01\n", "it is not YAML that can be read"),
    ],
)
def test_what_is_no_kubeconfig_is_told_with_the_reason(current: str, reason: str) -> None:
    with pytest.raises(NotAKubeconfigError) as caught:
        plan_merge(current, ACCESS, KUBE_ID, use=True)
    assert str(caught.value) == reason


def test_replacing_names_the_contexts_that_are_lost() -> None:
    plan = plan_replace(THEIRS, ACCESS)
    assert (plan.text, plan.lost) == (OURS, ("staging",))
    assert plan.before["contexts"] == ["staging"]
    assert plan.after["contexts"] == ["kubernetes-admin-prod@prod"]
    again = plan_replace(OURS, ACCESS)
    assert (again.text, again.lost, again.before) == (OURS, (), again.after)


def test_replacing_takes_anything_and_shows_that_it_changes() -> None:
    for current in ("old", "kind: Config\n", changed(OURS, ("preferences: {}", "preferences: {colors: true}"))):
        plan = plan_replace(current, ACCESS)
        assert plan.text == OURS
        assert plan.before != plan.after


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "old",
        changed(OURS, ("current-context: kubernetes-admin-prod@prod\n", "")),
        changed(OURS, ("    server: https://ours.k8s.ovh.net\n", "")),
        changed(OURS, ("- name: kubernetes-admin-prod", "- name: somebody")),
    ],
)
def test_answer_that_gives_no_access_is_refused(answer: str) -> None:
    with pytest.raises(NotAKubeconfigError):
        Access.of(answer)
