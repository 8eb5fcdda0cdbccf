# SPDX-License-Identifier: GPL-3.0-or-later

"""What is true whatever is connected: requests, current and desired state, plans. No Ansible, no input, no output."""
