"""Writes in place: through views, by masks and places, by the functions and methods that write."""

WRITES = """
$part(t)[...] = $fits(part)
$part(t)[...] = $fits(part)
$part(t)[:] = $fits(part)
$part(t)[...] += $fits(part)
$part(t)[...] *= $p
$part(t)[...] -= 0.3 * $fits(part)
$part(t)[::2] = $s
$t[...] = $fits(t)
$t[:] = $fits(t)
$t += $fits(t)
$t -= $fits(t)
$t *= $s
$t *= np.cos($fits(t))
$t /= 1.5 + np.tanh($fits(t))
$t **= 2
$t //= 2.5
$t %= 1.7
$tv[$index(tv)] = $s
$tv[$index(tv)] = $s
$tv[$index(tv)] += $s
$tv[$index(tv)] *= $p
$tv[$index(tv)] -= $tv[0] * $x
$tv[$distinct(tv)] = $s
$tv[$distinct(tv)] *= $p
$tv[$places(tv)] += $s
$tv[np.array($distinct(tv))] -= $x
$tv[$order(tv)] = $tv
$tv[1:] += $tv[:-1]
$tv[:-1] = $tv[1:]
$tv[::-1] = $tv * $p
$tv[1:][::2] *= $s
$tv[::2][::-1] += $x
$t[$mask(t)] = $x
$t[$mask(t)] = $s
$t[$mask(t)] *= $p
$t[$mask(t)] += $s
$t[$mask(t)] = np.sin($t[$mask(t)])
$tm[$index(tm)] = $fits(tm)[0] if np.ndim($fits(tm)) == 2 else $s
$tm[$index(tm), 1:] += $s
$tm[:, 0] = $s
$tm[:, 0], $tm[:, 1] = $tm[:, 1], $tm[:, 0].copy()
$tm[[0, 1]] = $tm[[1, 0]]
$tm[:, $distinct(tm)[:1]] = $x
$tm[[0, 1], [1, 0]] = $s
$tm[[0, 1, 0], [1, 1, 0]] += $s
$tm[1:, ::-1] *= $x
$tm.T[0] = $s
$tm[0] = $tm[1]
$tm.T[...] *= $p
$tm.reshape(-1)[::2] = $s
$tm.ravel()[1:3] += $x
$tm.flat[1] = $s
$tv[0], $tv[-1] = $tv[-1], $tv[0]
$tv[0] = $tv[1] = $s
$t.fill($s)
$tv.sort()
$tm.sort(axis=0)
$t.put([0, 1], $s)
np.add.at($tv, $places(tv), $s)
np.add.at($tv, $places(tv), $x)
np.subtract.at($tv, $places(tv), $s)
np.multiply.at($tv, $places(tv), $p)
np.maximum.at($tv, $places(tv), $s)
np.add.at($tm, ([0, 1, 0], [0, 1, 0]), $s)
np.negative.at($tv, $distinct(tv))
np.put($t, $flat(t), $s)
np.put($tv, $distinct(tv), [$s, $x])
np.place($t, $mask(t), [$s, $s2])
np.putmask($t, $mask(t), $like(t))
np.copyto($t, $fits(t))
np.copyto($t, $fits(t), where=$mask(t))
np.fill_diagonal($tm, $s)
np.put_along_axis($tm, np.argmax($tm, axis=1)[:, None], $s, axis=1)
np.add($t, $fits(t), out=$t)
np.sin($t, out=$t)
np.multiply($t, $s, out=$t)
np.multiply($t, $x, out=$t, where=$mask(t))
np.tanh($like(t), out=$t)
np.clip($t, -1.05, 0.85, out=$t)
np.cumsum($tv, out=$tv)
np.add.accumulate($tv, out=$tv)
np.maximum($t, $s, out=$t)
np.sum($tm, axis=0, out=$tm[0])
np.add.reduce($tm, axis=0, out=$tm[1])
$new = np.ones($shape(m))\\nnp.matmul($m, np.eye($m.shape[1]) * $s, out=$new)
$new = np.empty($length(m))\\nnp.dot($m, np.cos($m[0]), out=$new)
$new = np.zeros($shape(a))\\nnp.exp(np.tanh($a), out=$new)
$new = np.zeros($length(v))\\nnp.sqrt($v, out=$new, where=$v > 0.17)
$new = np.ones($shape(a))\\n$new[$mask(a)] = $a[$mask(a)]
$new = np.zeros($shape(a))\\n$new[...] = $a\\n$new[0] *= $s
$new = $tv[1:]\\n$new += $s\\n$tv[0] = $new[-1]
$new = $tm[0]\\n$tm[...] = $s\\n$new[0] += $x
$new = $t.ravel()\\n$new[0] = $s
$new = $tv[:, None] * $v\\n$new[0, :] -= $s
$zero[...] = $s
$zero += $s
$zero *= $p
"""
