# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules under every fault of the wire, at every request, and judges how they ended."""
