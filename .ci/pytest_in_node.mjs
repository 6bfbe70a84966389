// Runs pytest in CPython compiled to WebAssembly: a version of Python for which there is no interpreter here, but node.
// node pytest_in_node.mjs TREE PACKAGES ARGUMENT...
import { loadPyodide } from "pyodide";

const [tree, packages, ...given] = process.argv.slice(2);
const python = await loadPyodide({ env: { HOME: "/home", PYTHONPATH: "/tree:/packages", PYTHONDONTWRITEBYTECODE: "1" } });
for (const [folder, root] of [["/tree", tree], ["/packages", packages]]) {
  python.FS.mkdirTree(folder);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, folder);
}
python.FS.chdir("/tree");
python.globals.set("given", python.toPy(given));
process.exit(
  python.runPython(`
import importlib, sys
importlib.invalidate_caches()
import pytest
print("Python", sys.version)
int(pytest.main(list(given)))
`),
);
