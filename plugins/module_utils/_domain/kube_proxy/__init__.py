# SPDX-License-Identifier: GPL-3.0-or-later

"""What kube-proxy itself knows, refuses and defaults to, wherever it runs: the one home of what both worlds share."""
