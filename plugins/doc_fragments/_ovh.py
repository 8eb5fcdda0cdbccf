# Copyright: (c) 2026, clusterops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the clusterops.kube_proxy collection.
# It may change or go away at any time without notice: do not import it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description:
      - Which OVHcloud API to use, V(ovh-eu), V(ovh-ca) or V(ovh-us), or the URL of an API, such as
        V(https://eu.api.ovh.com/1.0).
      - A URL without TLS is accepted for this machine only, because credentials would travel in clear.
      - There is no default. Falls back to the environment variable E(OVH_ENDPOINT), then to C(endpoint) in section
        C([default]) of the configuration files (see O(config_file)).
    type: str
  application_key:
    description:
      - Application key, of the three that sign requests together with O(application_secret) and O(consumer_key).
      - The ways to authenticate exclude each other. The first of options, environment variables and configuration files
        that names a credential decides on the way; the values of that way which are missing there are taken from the
        next.
      - Falls back to the environment variable E(OVH_APPLICATION_KEY), then to the configuration files.
    type: str
  application_secret:
    description:
      - Application secret.
      - Falls back to the environment variable E(OVH_APPLICATION_SECRET), then to the configuration files.
    type: str
  consumer_key:
    description:
      - Consumer key, validated and with the rights to read and change C(/cloud/project/*/kube) and
        C(/cloud/project/*/kube/*).
      - Falls back to the environment variable E(OVH_CONSUMER_KEY), then to the configuration files.
    type: str
  client_id:
    description:
      - Id of an OAuth2 service account, together with O(client_secret).
      - Falls back to the environment variable E(OVH_CLIENT_ID), then to the configuration files.
    type: str
  client_secret:
    description:
      - Secret of the OAuth2 service account.
      - Falls back to the environment variable E(OVH_CLIENT_SECRET), then to the configuration files.
    type: str
  access_token:
    description:
      - A bearer token that was obtained elsewhere.
      - Falls back to the environment variable E(OVH_ACCESS_TOKEN), then to the configuration files.
    type: str
  token_url:
    description:
      - Where a service account gets its tokens. Needed only for an O(endpoint) that is a URL of its own.
      - Falls back to the environment variable E(OVH_TOKEN_URL), then to the address that belongs to the endpoint.
    type: str
  config_file:
    description:
      - An C(ovh.conf) to read instead of C(/etc/ovh.conf) and C(~/.ovh.conf), of which the latter goes first.
      - The file C(ovh.conf) of the working directory, which other tools of OVHcloud read, is read only if it is named
        here.
    type: path
  service_name:
    description:
      - Id of the Public Cloud project, 32 characters V(0)-V(9) and V(a)-V(f).
      - Falls back to the environment variable E(OVH_CLOUD_PROJECT_SERVICE).
    type: str
  ca_path:
    description:
      - A file of certificates of the authorities to trust instead of the system's, for an API behind a proxy of one's
        own.
    type: path
  timeout:
    description:
      - Seconds until a request without an answer is given up. Requests that change nothing twice are then repeated.
    type: float
    default: 60.0
requirements:
  - python >= 3.10
  - httpx >= 0.27.0
  - isodate >= 0.6.1
notes:
  - Environment variables and options that are empty count as not set.
  - Answers of the API that pass by themselves (too many requests, server errors, lost connections) are met by
    repeating the
    request, up to five times with growing pauses. A request that would act twice is never repeated.
"""
