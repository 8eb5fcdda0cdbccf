# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an audit: one HTML file that asks the network for nothing.

Text and plots are written here, so that they show without scripts. The script sorts, filters and opens rows; it makes
what is in a row from the data in the page when the row is opened, so that a thousand clusters stay quick.
"""
