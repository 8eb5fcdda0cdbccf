# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node shows: its files, its kernel, its tools, and its kube-proxy over HTTP. Changes nothing."""
