# SPDX-License-Identifier: GPL-3.0-or-later

"""Self-hosted clusters: kube-proxy's ConfigMap, DaemonSet and pods, and plans. Pure: no Ansible, no cluster."""
