"""Array and svmlight files as numpy and scikit-learn write them, for the readers of `estimand-datasets`."""

import numpy as np
from numpy.lib import format as npy
from sklearn.datasets import dump_svmlight_file

from golden import Family, short

family = Family("files")


def case(name, values, note):
    family.case(name.replace(".", "_"), "reader", tolerance=0, reason=note, inputs={"file": name},
                expected={"shape": np.shape(values), "values": np.asarray(values, dtype=float).ravel()})


def array(name, x, version=None):
    with (family.folder / name).open("wb") as f:
        npy.write_array(f, x, version=version)
    case(name, x, "the bytes of the file are the numbers")


x = (np.arange(12.0).reshape(4, 3) - 5) / 4
for dtype in ["<f8", "<f4", ">f8", ">f4", "<i4", ">i4", "<i8", ">i8", "|u1", "|i1", "<i2", "<u2", "<u4", "<u8", "|b1"]:
    whole = x if dtype[1] == "f" else (x > 0 if dtype[1] == "b" else np.arange(12).reshape(4, 3) * 20 - (0 if dtype[1] == "u" else 100))
    order = {"<": "little", ">": "big", "|": "byte"}[dtype[0]]
    array(f"{dtype[1:]}_{order}.npy", whole.astype(dtype))
array("f8_fortran.npy", np.asfortranarray(x))
array("i4_fortran_big.npy", np.asfortranarray(np.arange(12).reshape(4, 3)).astype(">i4"))
array("vector.npy", x[:, 0].copy())
array("cube.npy", np.arange(24.0).reshape(2, 3, 4))
array("scalar.npy", np.array(2.5))
array("no_rows.npy", np.zeros((0, 3)))
array("version_2.npy", x, version=(2, 0))
array("version_3.npy", x, version=(3, 0))
array("special.npy", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308]))

np.savez(family.folder / "stored.npz", x=x, y=np.arange(4))
np.savez_compressed(family.folder / "deflated.npz", x=np.asfortranarray(x), y=np.arange(4))
case("stored.npz", x, "entry x; entry y is 0 1 2 3")
case("deflated.npz", x, "entry x; entry y is 0 1 2 3")

sparse = short(np.where(np.arange(20).reshape(5, 4) % 3 == 0, np.arange(20).reshape(5, 4) / 7, 0))
for base in [0, 1]:
    name = f"base_{base}.svm"
    dump_svmlight_file(sparse, np.array([1, -1, 1, 1, -1]), str(family.folder / name), zero_based=base == 0,
                       comment="written by scikit-learn", query_id=np.array([7, 7, 9, 9, 9]))
    case(name, sparse, "printed with sixteen digits; targets 1 -1 1 1 -1, groups 7 7 9 9 9")
family.close()
