"""Views: of the same memory, so that later writes go through them."""

VIEWS = """
$new = $part(t)
$new = $part(t)
$new = $part(t)
$new = $part(t)
$new = $t[::-1]
$new = $t[1:]
$new = $t[:-1]
$new = $t[..., None]
$new = $t[None]
$new = $t[...]
$new = $t.T
$new = $tm.T
$new = $tm[:, ::-1]
$new = $tm[:, $index(tm)] if $tm.shape[0] == $tm.shape[1] else $tm[:, 0]
$new = $tm[0]
$new = $t.reshape($reshaped(t))
$new = $t.reshape(-1)
$new = $t.ravel()
$new = np.ravel($t)
$new = np.reshape($t, $reshaped(t))
$new = np.transpose($t, $turned(t))
$new = $t.transpose($turned(t))
$new = np.swapaxes($t, 0, $axis(t))
$new = np.moveaxis($t, $axis(t), 0)
$new = np.rollaxis($t, $axis(t))
$new = np.squeeze($t[None])
$new = $t[None].squeeze(axis=0)
$new = np.expand_dims($t, $axis(t))
$new = $t.real
$new = np.real($t)
$new = np.broadcast_to($a, $wider(a))
$new = np.flip($t)
$new = np.flip($t, axis=$axis(t))
$new = np.flipud($t)
$new = np.fliplr($tm)
$new = np.rot90($tm, $i)
$new = $tm.diagonal()
$new = np.diagonal($m, offset=1)
$new = np.atleast_1d($t)
$new = np.atleast_2d($t)
$new = np.atleast_3d($m)
$new, _ = np.split($tv, [1])
_, $new = np.array_split($tv, 2)
$new = np.vsplit($tm, [1])[1]
$new = np.hsplit($tm, [1])[0]
$new = np.dsplit($c, [1])[0]
$new, *_ = np.unstack($tm)
$new = np.permute_dims($m, (1, 0))
$new = np.matrix_transpose($m)
$new = $m.mT
$new = $t.view()
$new = np.lib.stride_tricks.sliding_window_view($v, 2)
for row in $tm:\\n    row *= $p
for row, value in zip($tm, $v):\\n    row[0] = value
"""
