# SPDX-License-Identifier: GPL-3.0-or-later

"""What every secret of the simulator has in it, so that one in some output can be found. Imports nothing."""

#: Hexadecimal digits, since keys consist of them; no encoding but Base64 changes them.
MARKER = "5ec2e7c0de"
