"""Import modules, then run the bootstrap, then run a module: imported_first.py BOOTSTRAP MODULE,… MODULE ARGUMENT…."""

import importlib
import runpy
import sys

if __name__ == "__main__":
    bootstrap, modules, main, *arguments = sys.argv[1:]
    for module in modules.split(","):
        importlib.import_module(module)
    if bootstrap != "-":
        runpy.run_path(f"{bootstrap}/sitecustomize.py")
    sys.path[0] = ""
    sys.argv = [main, *arguments]
    runpy.run_module(main, run_name="__main__", alter_sys=True)
