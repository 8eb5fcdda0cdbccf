# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Ansible meets the engine: specs as data, readers of options, and results. Everything else is ignorant of it."""
