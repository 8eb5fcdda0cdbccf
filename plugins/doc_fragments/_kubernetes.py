# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig. Credential plugins that it names run on the host that runs the task.
      - Falls back to the environment variable E(K8S_AUTH_KUBECONFIG), then to E(KUBECONFIG), then to
        C(~/.kube/config), and in a pod to its service account.
      - If O(host) is set, the kubeconfig is read only if the task sets O(kubeconfig) or O(context), or if the
        environment sets one of them and neither O(api_key) nor both O(client_cert) and O(client_key) are set.
    type: path
  context:
    description:
      - Context of the kubeconfig to use instead of the current context.
      - Falls back to the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - URL of the API server, such as V(https://192.0.2.1:6443).
      - Falls back to the environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token. It replaces the client certificate of the kubeconfig.
      - Falls back to the environment variable E(K8S_AUTH_API_KEY).
    type: str
  client_cert:
    description:
      - Path of a client certificate.
      - Falls back to the environment variable E(K8S_AUTH_CERT_FILE).
    type: path
  client_key:
    description:
      - Path of the private key of O(client_cert).
      - Falls back to the environment variable E(K8S_AUTH_KEY_FILE).
    type: path
  ca_cert:
    description:
      - Path of the certificates of the authorities to verify the certificate of the API server with.
      - Falls back to the environment variable E(K8S_AUTH_SSL_CA_CERT).
    type: path
  validate_certs:
    description:
      - Whether to verify the certificate of the API server. By default it is verified.
      - Falls back to the environment variable E(K8S_AUTH_VERIFY_SSL).
    type: bool
  proxy:
    description:
      - URL of an HTTP proxy to reach the API server through.
      - Falls back to the environment variable E(K8S_AUTH_PROXY).
    type: str
  tls_server_name:
    description:
      - Name to expect in the certificate of the API server instead of the name in its URL.
      - Falls back to the environment variable E(K8S_AUTH_TLS_SERVER_NAME).
    type: str
  timeout:
    description:
      - Seconds to wait for the answer to a request. Requests that only read are repeated after that.
    type: float
    default: 30.0
requirements:
  - python >= 3.10
  - kubernetes >= 31.0.0
  - PyYAML >= 6.0
  - isodate >= 0.6.1
notes:
  - Empty environment variables and options count as not set.
"""
