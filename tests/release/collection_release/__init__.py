# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a release of the collection: its changelog, a commit, a tag, and the files to publish."""
