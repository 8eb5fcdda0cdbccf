# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations: read, plan, apply, wait, verify. What they reach, they reach through adapters."""
