"""Entries moved, joined, repeated and chosen; sorting and what goes with it."""

MOVEMENT = """
$new = np.roll($a, $i)
$new = np.roll($a, -1, axis=$axis(a))
$new = np.roll($m, (1, 2), axis=(0, 1))
$new = np.repeat($v, 2)
$new = np.repeat($a, 2, axis=$axis(a))
$new = np.repeat($v[:2], [2, 1])
$new = np.tile($v, 2)
$new = np.tile($v, (2, 1))
$new = np.pad($v, 1)
$new = np.pad($v, (1, 2), constant_values=$x)
$new = np.pad($v, 1, mode="$padding")
$new = np.pad($m[:2, :2], ((0, 1), (1, 0)), mode="$padding")
$new = np.concatenate([$v, [$s], $v2])
$new = np.concatenate([$a, $like(a)], axis=$axis(a))
$new = np.concatenate([$a, $like(a)], axis=None)
$new = np.concatenate(($m[:1], $m[::-1]))
$new = np.stack([$a, $like(a)], axis=$axis(a))
$new = np.hstack([$v, $s])
$new = np.vstack([$v, $like(v)])
$new = np.dstack([$v, $like(v)])
$new = np.column_stack([$v, $like(v)])
$new = np.append($v, $s)
$new = np.append($m, $m[:1], axis=0)
$new = np.insert($v, 1, $s)
$new = np.insert($m, 1, $x, axis=1)
$new = np.delete($v, $index(v))
$new = np.delete($m, 0, axis=1)
$new = np.resize($v, 5)
$new = np.block([[$m, $m], [np.zeros_like($m), -$m]])
$new = np.block([$v, np.array([$s])])
$new = np.kron($v[:2], $v2[:3])
$new = np.tril($m)
$new = np.triu($m, k=1)
$new = np.take($v, $places(v))
$new = np.take($a, $flat(a))
$new = np.take($m, [0, 1, 0], axis=$axis(m))
$new = $v.take([0, 7], mode="wrap")
$new = $v[$places(v)]
$new = $v[np.array($places(v))]
$new = $m[$places(m)]
$new = $m[[0, 1], [1, 0]]
$new = $m[:, [0, 1, 0]]
$new = $m[np.ix_([1, 0], [0, 1])]
$new = $m[[[0], [1]], [[0, 1]]]
$new = $v[$v2.argsort()[:2] % $length(v)]
$new = $a[$mask(a)]
$new = $m[$m[:, 0] > 0.117]
$new = np.compress([True, False, True][: $length(v)], $v)
$new = np.extract($mask(a), $a)
$new = np.trim_zeros(np.pad($v, 1))
$new = np.sort($a, axis=$axis(a))
$new = np.sort($a, axis=None)
$new = np.sort($v)[::-1]
$new = $v[np.argsort($v)]
$new = $v[np.argsort(-$v2) % $length(v)]
$new = np.take_along_axis($m, np.argsort($m, axis=1), axis=1)
$new = np.take_along_axis($m, np.argmax($m, axis=0)[None], axis=0)
$new = $v[np.lexsort(($v,))]
$new = np.unique($v)
$new = $v[np.unique($v, return_index=True)[1]]
$new = np.flatnonzero($mask(a)) * $s
$new = $v[np.nonzero($mask(v))[0]]
$new = $v[np.where($mask(v))]
$new = np.argwhere($mask(a)).astype(float) * $s
$new = np.searchsorted(np.sort($v), 0.21) * $s
$new = $v[np.searchsorted([-0.5, 0.5], $v2) % $length(v)]
$new = np.digitize($v, [-0.4, 0.43]) * $v
$new = np.apply_along_axis(np.sum, 0, $m)
$new = np.apply_along_axis(lambda row: row * row[0], 1, $m)
$new = np.union1d($v, [$x, $x])
$new = np.bincount(np.array([0, 1, 1]), minlength=3) * $s
$new = np.bincount(np.array([0, 1, 1]), weights=np.resize($v, 3))
$new = np.flip(np.triu($m), axis=0)
$new = $a.repeat(2)
$new = $a.flatten()
$new = $m.T.flatten()
$new = $m.flatten(order="F")
$new = $m.ravel(order="F")
$new = np.reshape($m, -1, order="F")
$new = $v.tolist()
$new = $v.take($places(v)).reshape(-1, 1)
$new = np.atleast_2d($v).repeat(2, axis=0)
$new = np.array([row.sum() for row in $m])
$new = np.triu_indices_from($q)[0] * $s
$new = $q[np.tril_indices_from($q)]
$new = $q[np.diag_indices(2)]
$new = np.nditer(np.arange(3)).shape[0] * $v
"""
