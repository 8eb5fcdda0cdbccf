# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig. Credential plugins that it names are run on the host that runs the module.
      - Falls back to the environment variable E(K8S_AUTH_KUBECONFIG), then to E(KUBECONFIG), then to
        C(~/.kube/config), then, in a pod, to its service account.
      - With O(host) it is read only if the task gives O(kubeconfig) or O(context), or if the environment gives one of
        them and nothing gives O(api_key) or both O(client_cert) and O(client_key).
    type: path
  context:
    description:
      - Context of the kubeconfig to use instead of its current one.
      - Falls back to the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - URL of the API server, such as V(https://192.0.2.1:6443).
      - Falls back to the environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token. The kubeconfig's client certificate is not used then.
      - Falls back to the environment variable E(K8S_AUTH_API_KEY).
    type: str
  client_cert:
    description:
      - Path of a client certificate.
      - Falls back to the environment variable E(K8S_AUTH_CERT_FILE).
    type: path
  client_key:
    description:
      - Path of the key of O(client_cert).
      - Falls back to the environment variable E(K8S_AUTH_KEY_FILE).
    type: path
  ca_cert:
    description:
      - Path of the certificates of the authorities that the API server's certificate is checked against.
      - Falls back to the environment variable E(K8S_AUTH_SSL_CA_CERT).
    type: path
  validate_certs:
    description:
      - Whether to check the API server's certificate, by default yes.
      - Falls back to the environment variable E(K8S_AUTH_VERIFY_SSL).
    type: bool
  proxy:
    description:
      - URL of an HTTP proxy on the way to the API server.
      - Falls back to the environment variable E(K8S_AUTH_PROXY).
    type: str
  tls_server_name:
    description:
      - Name to expect in the API server's certificate instead of the one in its URL.
      - Falls back to the environment variable E(K8S_AUTH_TLS_SERVER_NAME).
    type: str
  timeout:
    description:
      - Seconds until a request without an answer is given up. Requests that only read are then repeated.
    type: float
    default: 30.0
requirements:
  - python >= 3.10
  - kubernetes >= 31.0.0
  - PyYAML >= 6.0
  - isodate >= 0.6.1
notes:
  - Environment variables and options that are empty count as not set.
"""
