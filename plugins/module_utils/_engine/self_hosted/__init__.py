# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on self-hosted clusters, through their API server."""
