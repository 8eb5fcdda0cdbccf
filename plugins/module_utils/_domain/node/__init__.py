# SPDX-License-Identifier: GPL-3.0-or-later

"""One host of a cluster: what its kernel needs for a mode of kube-proxy, and what it shows. Pure; Python 3.9 only."""
