# SPDX-License-Identifier: GPL-3.0-or-later

"""What every operation is given, and what it returns."""
