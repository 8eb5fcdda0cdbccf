# SPDX-License-Identifier: GPL-3.0-or-later

"""A module for nodes in a Python that has only its standard library, without Ansible: ``python -I -S -B -c PROGRAM``.

Arguments: the file of ``_shell`` and the name in it that say what the module is, its options as JSON, and 1 for check
mode. Options that are not given have their defaults. Prints the result with the warnings, as JSON.
"""

from __future__ import annotations

from pathlib import Path

UTILS = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
PACKAGE = "ansible_collections.clusterops.kube_proxy.plugins.module_utils"

PROGRAM = f"""
import importlib, json, os, subprocess, sys, types
package = ""
for name in {PACKAGE!r}.split("."):
    package = f"{{package}}.{{name}}" if package else name
    module = types.ModuleType(package)
    module.__path__ = [{str(UTILS)!r}] if package == {PACKAGE!r} else []
    sys.modules[package] = module
spec = getattr(importlib.import_module(f"{{package}}._shell.{{sys.argv[1]}}"), sys.argv[2])
module_spec = importlib.import_module(f"{{package}}._shell.module_spec")

# What AnsibleModule.run_command is to the module.
def run_command(argv, environ_update, data=None, **_more):
    environment = {{**os.environ, **environ_update}}
    done = subprocess.run(argv, capture_output=True, input=data or "", encoding="utf-8", env=environment)
    return done.returncode, done.stdout, done.stderr

params = {{name: option.get("default") for name, option in spec.argument_spec.items()}}
params.update(json.loads(sys.argv[3]))
host = module_spec.Host(os.environ, lambda secret: None, run_command)
outcome = spec.execute(params, host, check_mode=sys.argv[4] == "1")
print(json.dumps({{**outcome.result, "warnings": outcome.warnings}}))
"""
