# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of the rules with which kube-proxy answers for its Services, under names of our own.

On the way to and from nftables kube-proxy removes the former mode's rules before it has its own (seconds in which
nothing answers, measured with 1.34). The copy answers meanwhile; it knows nothing of what changes after it was made.
"""
