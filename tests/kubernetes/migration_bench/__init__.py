# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of kube-proxy's mode on the bench's virtual machines, measured: see README.md beside this package."""
