# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit of many clusters found, what it recommends, and how that is written down."""
