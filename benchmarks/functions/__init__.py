"""Value and gradient of functions under `cr.jit`, in double precision: chainrule beside JAX, NumPy in and out."""
