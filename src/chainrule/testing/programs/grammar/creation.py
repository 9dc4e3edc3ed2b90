"""Arrays that are made: filled, copied, listed, spaced."""

MAKING = """
$new = np.zeros($shape(a)) + $a
$new = np.zeros($length(v))
$new = np.ones($shape(a))
$new = np.full(3, $s)
$new = np.full((2, 3), $x)
$new = np.full_like($a, $s)
$new = np.zeros_like($a)
$new = np.ones_like($a) * $s
$new = np.eye(3)
$new = np.identity($length(v)) * $v
$new = np.arange($length(v)) * 0.3 + $v
$new = np.array([$s, $s2, $x])
$new = np.array([[$s, $x], [$s2, $s3]])
$new = np.asarray([$v, np.sin($v)])
$new = np.array([$s, $s2])
$new = np.array($s)
$new = np.array($s)
$new = np.full((), $s)
$new = np.array([$a, 0.5 * $a])
$new = $a.copy()
$new = np.copy($a)
$new = np.array($a)
$new = np.array($a, copy=True, ndmin=2)
$new = np.asarray($a)
$new = np.ascontiguousarray($m.T)
$new = np.linspace($s, $x, 4)
$new = np.linspace($s, $s2, 3, endpoint=False)
$new = np.logspace(np.tanh($s), 0.5, 3)
$new = np.geomspace(1.1 + np.tanh($s) * 0.5, 3.0, 4)
$new = np.r_[$v, $s, $x]
$new = np.c_[$v, np.cos($v)]
$new = np.diag($v)
$new = np.diagflat($v, k=1)
$new = np.tri(3) * $s
$new = np.vander(np.tanh($v), 3)
$new = np.vander(np.sin($v), 3, increasing=True)
$new, _ = np.meshgrid($v, [$s, $x])
_, $new = np.meshgrid($v, [$s, $x], indexing="ij")
$new = np.fromfunction(lambda i, j: i * $s + j, (2, 2))
$new = np.broadcast_arrays($v, $m[:, :1])[0] * $s
$new = np.stack([$a, $like(a)])
$new = $a.astype(np.float64)
$new = $a.astype(np.float32)
$new = np.float32(0.5) * $v.astype(np.float32)
$new = np.empty($shape(a))\\n$new[...] = $fits(a)
$new = np.empty_like($a)\\n$new[:] = $s
$new = np.zeros((2, $length(v)))\\n$new[1] = $v
$new = np.zeros($length(v) + 2)\\n$new[1:-1] = $v
$new = np.zeros(4)\\n$new[0], $new[-1] = $s, $s2
$new = np.ones((3, 3))\\nnp.fill_diagonal($new, $s)
$new = np.fromiter(($x * 2 for _ in range(3)), float)
$new = np.indices((2, 2)).astype(float)[1] + $s
"""
