# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that OVHcloud manages: what the API offers, and plans for it. Pure: no Ansible, no input or output."""
