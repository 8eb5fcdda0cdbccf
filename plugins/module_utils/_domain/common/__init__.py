# SPDX-License-Identifier: GPL-3.0-or-later

"""Values and errors that every room uses. Pure: no Ansible, no input or output."""
