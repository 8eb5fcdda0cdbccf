# SPDX-License-Identifier: GPL-3.0-or-later

"""galaxy-importer, but ansible-lint gets the time it needs: after 180 seconds, a busy machine would be a finding."""

from __future__ import annotations

import subprocess
import sys
import typing as t

from galaxy_importer import main
from galaxy_importer.loaders import collection


class Patient(subprocess.Popen[str]):
    def communicate(self, input: t.Any = None, timeout: float | None = None) -> tuple[t.Any, t.Any]:
        return super().communicate(input)


if __name__ == "__main__":
    collection.Popen = Patient
    sys.exit(main.main())
