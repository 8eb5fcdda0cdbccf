# SPDX-License-Identifier: GPL-3.0-or-later

"""Input and output only: requests out, raw facts in. The adapters do not know each other."""
