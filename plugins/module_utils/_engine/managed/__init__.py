# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on clusters that OVHcloud manages: read, plan, apply, wait, verify."""
