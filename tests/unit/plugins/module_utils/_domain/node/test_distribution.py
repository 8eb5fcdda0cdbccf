# SPDX-License-Identifier: GPL-3.0-or-later

"""Distributions and their families, from os-release."""

from __future__ import annotations

import pytest

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._domain.node.distribution import Distribution

UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\nPRETTY_NAME="Ubuntu 22.04.4 LTS"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UBUNTU, ("ubuntu", "Ubuntu", "22.04", "debian")),
        ("ID=debian\nNAME='Debian GNU/Linux'\nVERSION_ID=12\n", ("debian", "Debian GNU/Linux", "12", "debian")),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.10"\n', ("rocky", "", "8.10", "redhat")),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', ("opensuse-leap", "", "", "suse")),
        ('ID="sled"\nID_LIKE="suse"\n', ("sled", "", "", "suse")),
        ("ID=alpine\nVERSION_ID=3.20.1\n", ("alpine", "", "3.20.1", "alpine")),
        ("ID=manjaro\nID_LIKE=arch\n", ("manjaro", "", "", "arch")),
        ("ID=flatcar\nID_LIKE=coreos\n", ("flatcar", "", "", "flatcar")),
        ("# nothing\n\nnonsense", ("", "", "", "")),
    ],
)
def test_distribution_and_its_family(text: str, expected: tuple[str, str, str, str]) -> None:
    found = Distribution.parse(text)
    assert (found.id, found.name, found.version, found.family) == expected


def test_distribution_reads_in_a_sentence() -> None:
    assert str(Distribution.parse(UBUNTU)) == "Ubuntu 22.04"
    assert str(Distribution.parse("")) == "an unknown distribution"
