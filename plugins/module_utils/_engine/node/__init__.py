# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done on a node: reading it. Python 3.9 only."""
