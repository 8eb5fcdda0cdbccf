# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description:
      - OVHcloud API to use, V(ovh-eu), V(ovh-ca) or V(ovh-us), or the URL of an API, such as
        V(https://eu.api.ovh.com/1.0).
      - A URL without TLS is accepted only for the local machine, because it would send credentials in clear text.
      - Falls back to the environment variable E(OVH_ENDPOINT), then to C(endpoint) in the section C([default]) of the
        configuration files (see O(config_file)). There is no default.
    type: str
  application_key:
    description:
      - Application key. It signs requests together with O(application_secret) and O(consumer_key).
      - The methods to authenticate (application key, service account, access token) exclude each other. Options come
        before environment variables, and those before configuration files. The first of these sources that has a
        credential decides on the method. Values of this method that it lacks come from the next sources.
      - Falls back to the environment variable E(OVH_APPLICATION_KEY), then to the configuration files.
    type: str
  application_secret:
    description:
      - Application secret.
      - Falls back to the environment variable E(OVH_APPLICATION_SECRET), then to the configuration files.
    type: str
  consumer_key:
    description:
      - Consumer key. It must be validated, and have the rights to read and change C(/cloud/project/*/kube) and
        C(/cloud/project/*/kube/*).
      - Falls back to the environment variable E(OVH_CONSUMER_KEY), then to the configuration files.
    type: str
  client_id:
    description:
      - ID of an OAuth2 service account. Requires O(client_secret).
      - Falls back to the environment variable E(OVH_CLIENT_ID), then to the configuration files.
    type: str
  client_secret:
    description:
      - Secret of the OAuth2 service account.
      - Falls back to the environment variable E(OVH_CLIENT_SECRET), then to the configuration files.
    type: str
  access_token:
    description:
      - Bearer token that was obtained by other means.
      - Falls back to the environment variable E(OVH_ACCESS_TOKEN), then to the configuration files.
    type: str
  token_url:
    description:
      - URL where a service account gets its tokens. Required only if O(endpoint) is a URL.
      - Falls back to the environment variable E(OVH_TOKEN_URL), then to the address that belongs to the endpoint.
    type: str
  config_file:
    description:
      - Path of an C(ovh.conf) to read instead of C(/etc/ovh.conf) and C(~/.ovh.conf). Of these two, the latter takes
        precedence.
      - A file that works for another tool of OVHcloud works here, also one with quotes around values, comments behind
        them, a byte order mark, or lines before the first section, which count as the section C([default]). Unlike some
        tools, this collection refuses a section or a name that occurs twice.
      - Other tools of OVHcloud read C(ovh.conf) in the working directory. This collection reads it only if it is set
        here.
    type: path
  ca_path:
    description:
      - Path of a file with the certificates of the authorities to trust instead of those of the system, for an API
        behind a proxy of your own.
    type: path
  timeout:
    description:
      - Seconds that one request may take as a whole. After that, it is repeated if sending it twice has no other effect
        than sending it once, and as long as the run has time.
    type: float
    default: 60.0
requirements:
  - python >= 3.10
  - httpx >= 0.27.0
  - isodate >= 0.6.1
notes:
  - Empty environment variables and options count as not set.
  - After transient errors (too many requests, server errors, lost connections), a request is repeated up to five times
    with increasing pauses. A request that could take effect twice is never repeated.
"""
