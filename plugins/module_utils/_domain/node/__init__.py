# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node needs for a mode of kube-proxy, and what its kernel shows. Pure; Python 3.9 and nothing else."""
