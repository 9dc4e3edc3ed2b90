"""Python's own: branches, loops, functions, lists, dicts, and numbers."""

BRANCHES = """
if $compare:\\n    $body
if $compare:\\n    $body\\nelse:\\n    $body
if $compare:\\n    $body\\nelif $compare2:\\n    $body\\nelse:\\n    $body
if $compare and not $compare2:\\n    $body
if $compare or $compare2:\\n    $body\\nelse:\\n    $body
if np.any($mask(a)):\\n    $body
if np.all($mask(a)):\\n    $body\\nelse:\\n    $body
if int(np.argmax($v)) == 1:\\n    $body\\nelse:\\n    $body
$new = $s if $compare else np.sin($s2)
$new = np.cos($a) if $compare else $a * $s
"""
LOOPS = """
for k in range(2):\\n    $body
for k in range($length(tv)):\\n    $tv[k] = np.sin($tv[k - 1]) * $p
for k in range(1, $length(tv)):\\n    $tv[k] += $x * $tv[k - 1]
for k in range($length(tv) - 1, 0, -1):\\n    $tv[k] -= $tv[k - 1] * $s
for k, value in enumerate($v):\\n    $tv[k % $length(tv)] = value * $p
for i in range($length(tm)):\\n    for j in range(i):\\n        $tm[i, j] = $tm[j, i] * $x
for value in $v:\\n    if value > $away(v):\\n        continue\\n    $tv[0] += value
for value in $v:\\n    if value > $away(v):\\n        $tv[-1] *= 0.5\\n        break\\nelse:\\n    $tv[0] = $s
$new = $s\\nfor value in $v:\\n    $new = np.tanh($new + value)
$new = $s\\nfor value in $v:\\n    $new += value * $x
$new = $s\\nwhile abs($new) > 0.237:\\n    $new = $new * 0.5
k, $new = 0, $s\\nwhile k < 4:\\n    $new = np.sin($new) + $x\\n    k += 1\\n    if $new > 1.313:\\n        break
$new = np.zeros(5)\\n$new[0] = $s\\nfor k in range(1, 5):\\n    $new[k] = $new[k - 1] + 0.2 * np.cos($new[k - 1])
$new = np.zeros((3, 3))\\nfor i in range(3):\\n    for j in range(3):\\n        $new[i, j] = np.sin(i * $s + j * $s2)
$new = np.empty((3, $length(v)))\\nfor k, row in enumerate($new):\\n    row[:] = $v * (k + 1)
$new = []\\nfor value in $v:\\n    $new.append(value * $s)
$new = np.array([value ** 2 for value in $v])
$new = np.array([np.sin(value) for value in $v if value > $away(v)])
$new = np.array([[value, value * $s] for value in $v])
$new = np.array([a * b for a, b in zip($v, $v2)])
$new = np.stack([$v * k for k in range(1, 3)])
$new = sum(value * k for k, value in enumerate($v))
"""
PYTHON = """
$new = [value * $x for value in $v]
$new = [value * $x for value in $v]
$new = [$s, value := $s2, value * $x]
$new = list($v)
$new = list($v)
$new = [$s, $s2, $s3]
$new = np.array($list)
$new = sum($list)
$new = max($list) - min($list)
$new = sorted($list)
$new = np.exp(np.tanh($list))
$new = np.max($list)
$new = np.concatenate([$list, $v])
$list[0] = $s
$list.append($s) if len($list) < 6 else None
$list[-1] *= $p
$list.reverse()
$new = {"a": $a, "b": $s}
$new = {"a": $a, "b": $s}
$new = dict(a=$a, b=$s)
$new = {"a": $v, **{"b": $s}}
$dict["a"] = np.sin($dict["a"])
$dict["a"] *= $p
$dict["b"] += $s
$new = $dict["a"] * $dict["b"]
$new, $new2 = $s, $a
$new, $new2 = $v[0], $v[1:]
$new, *_ = $v
(_, $new), _ = ($s, $s2), $x
def inner(p, q=$x):\\n    p = p * q\\n    return p + $s\\n$new = inner($a)
def inner(p):\\n    p[0] = p[-1] * $x\\n    return p.sum()\\n$new = inner($tv)
def inner(p, k):\\n    return p if k == 0 else np.sin(inner(p, k - 1))\\n$new = inner($a, 2)
$new = (lambda p, q: p * q + 1.0)($a, $s)
$new = [f($s) for f in (np.sin, np.cos, abs)]
$new = np.array(list(map(lambda p: p * 2 + $s, $v)))
with np.errstate(all="ignore"):\\n    $new = $a * $s
$new = $s * $s2 + $x
$new = $s - $s2 / 1.7
$new = $s ** 2
$new = (1.3 + abs($s)) ** $x
$new = abs($s)
$new = -$s
$new = $s % 0.7
$new = divmod($s, 0.9)[1]
$new = max($s, $s2, $x)
$new = min($s, $s2)
$new = math.sin($s)
$new = math.exp(math.tanh($s)) + math.pi
$new = math.sqrt(1.5 + math.sin($s))
$new = math.hypot($s, 1.3)
$new = math.atan2($s, 1.4)
$new = math.log(2.3 + math.cos($s)) * math.floor($s)
$new = math.erf($s) + math.fabs($s)
$new = math.lgamma(2.5 + math.tanh($s))
$new = math.fsum([$s, $s2, $x])
$new = math.prod([$s, $x, $s2])
$new = math.dist([$s, $x], [$s2, 2.5])
$new = math.copysign($s, -1.0)
$new = round($x, 1) * $s
$new = int($s) + $s
$new = $a[int(abs($s)) % $length(a)]
$new = $v.item(0) * $s
$new = $v[0].copy()
$new = np.array($s)\\n$new += $x
$new = np.array($s)\\n$new[...] = np.sin($new)
$new = np.array($s)[()]
$new = np.asarray($s) * $a
text = f"{$s:.3f}, {$a}"\\n$new = $s * 1.5
$new = $s\\n$new += $s2\\n$new *= $p
$new = $a.size * $s + $a.ndim
$new = $s * bool($compare)
$new = float($p) * $s
$new = $a if isinstance($a, np.ndarray) else $s
$new = $v[::-1][$index(v)]
"""
