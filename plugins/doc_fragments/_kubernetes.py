# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - A kubeconfig, as the path of the file, as its content, or as a dictionary, for example what C(from_yaml) makes
        of the result of M(clusterops.kube_proxy.kube_cluster_kubeconfig). Secrets in it are never shown.
      - Several paths with colons between them are merged as C(kubectl) merges them. Of these files, those that do not
        exist are left out, and what comes first counts.
      - Credential plugins that it names run on the host that runs the task, for at most 60 seconds.
      - Falls back to the environment variable E(K8S_AUTH_KUBECONFIG), then to E(KUBECONFIG), then to
        C(~/.kube/config), and in a pod to its service account.
      - If O(host) is set, the kubeconfig is read only if the task sets O(kubeconfig) or O(context), or if the
        environment sets one of them and neither O(api_key), nor O(username) and O(password), nor both O(client_cert)
        and O(client_key) are set.
    type: raw
  context:
    description:
      - Context of the kubeconfig to use instead of the current context.
      - Falls back to the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  host:
    description:
      - URL of the API server, such as V(https://192.0.2.1:6443).
      - A URL without TLS is accepted only for the local machine, because it would send credentials in clear text. The
        same applies to the server in a kubeconfig.
      - Falls back to the environment variable E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token. It replaces the client certificate of the kubeconfig.
      - Falls back to the environment variable E(K8S_AUTH_API_KEY).
    type: str
  username:
    description:
      - User name for HTTP basic authentication, which some proxies in front of an API server offer. Requires
        O(password). They replace the client certificate of the kubeconfig. O(api_key) takes precedence.
      - Falls back to the environment variable E(K8S_AUTH_USERNAME).
    type: str
  password:
    description:
      - Password for HTTP basic authentication.
      - Falls back to the environment variable E(K8S_AUTH_PASSWORD).
    type: str
  client_cert:
    description:
      - Path of a client certificate.
      - Falls back to the environment variable E(K8S_AUTH_CLIENT_CERT), then to E(K8S_AUTH_CERT_FILE).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - Path of the private key of O(client_cert).
      - Falls back to the environment variable E(K8S_AUTH_CLIENT_KEY), then to E(K8S_AUTH_KEY_FILE).
    type: path
    aliases: [key_file]
  ca_cert:
    description:
      - Path of the certificates of the authorities to verify the certificate of the API server with.
      - Falls back to the environment variable E(K8S_AUTH_CA_CERT), then to E(K8S_AUTH_SSL_CA_CERT).
    type: path
    aliases: [ssl_ca_cert]
  validate_certs:
    description:
      - Whether to verify the certificate of the API server. By default it is verified.
      - Falls back to the environment variable E(K8S_AUTH_VALIDATE_CERTS), then to E(K8S_AUTH_VERIFY_SSL).
    type: bool
    aliases: [verify_ssl]
  proxy:
    description:
      - URL of an HTTP proxy to reach the API server through. It may contain a user name and a password only if it is
        an C(https) URL, because they would be sent in clear text otherwise.
      - Falls back to the environment variable E(K8S_AUTH_PROXY).
    type: str
  no_proxy:
    description:
      - Host names, domains, addresses and networks to reach without the proxy, with commas between them.
      - Falls back to the environment variable E(K8S_AUTH_NO_PROXY).
    type: str
  tls_server_name:
    description:
      - Name to expect in the certificate of the API server instead of the name in its URL.
      - Falls back to the environment variable E(K8S_AUTH_TLS_SERVER_NAME).
    type: str
  timeout:
    description:
      - Seconds that one request may take as a whole. Requests that only read are repeated after that, as long as the
        run has time.
    type: float
    default: 30.0
requirements:
  - python >= 3.10
  - kubernetes >= 31.0.0
  - PyYAML >= 6.0
  - isodate >= 0.6.1
notes:
  - Empty environment variables and options count as not set.
  - The options are those of the collection kubernetes.core, apart from C(proxy_headers), C(persist_config) and options
    to impersonate another user, which do not exist here. Their environment variables are not read.
"""
