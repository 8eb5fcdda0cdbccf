# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the host that runs the module."""
