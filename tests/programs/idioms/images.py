"""Images and grids: sampling, convolution, distances, soft histograms, gradients, morphology."""

import numpy as np

from ..program import program


@program(lambda rng: np.array([0.3, 1.1, 0.4]))
def rotate_and_sample(pose):
    angle, ty, tx = pose
    rows, cols = np.mgrid[0:6, 0:6]
    image = np.sin(0.7 * rows) + np.cos(0.4 * cols * rows)
    out = np.zeros((4, 4))
    c, s = np.cos(angle), np.sin(angle)
    for i in range(4):
        for j in range(4):
            y = c * (i - 1.5) - s * (j - 1.5) + 1.5 + ty
            x = s * (i - 1.5) + c * (j - 1.5) + 1.5 + tx
            if y < 0 or x < 0 or y >= 5 or x >= 5:
                continue
            y0, x0 = int(np.floor(y)), int(np.floor(x))
            fy, fx = y - y0, x - x0
            top = (1 - fx) * image[y0, x0] + fx * image[y0, x0 + 1]
            bottom = (1 - fx) * image[y0 + 1, x0] + fx * image[y0 + 1, x0 + 1]
            out[i, j] = (1 - fy) * top + fy * bottom
    return (out**2).mean()


@program(lambda rng: rng.normal(size=(6, 5)))
def edges_by_sobel(image):
    h, w = image.shape
    kx = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    ky = kx.T
    padded = np.pad(image, 1, mode="edge")
    gx, gy = np.zeros((h, w)), np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            patch = padded[i : i + 3, j : j + 3]
            gx[i, j] = np.sum(patch * kx)
            gy[i, j] = np.sum(patch * ky)
    magnitude = np.hypot(gx, gy)
    threshold = magnitude.mean()
    strong = magnitude > threshold
    return magnitude[strong].sum() + np.arctan2(gy, gx)[2, 2]


@program(lambda rng: rng.uniform(0, 1, size=(5, 5)))
def soft_histogram_entropy(image, bins=6, width=0.15):
    centers = (np.arange(bins) + 0.5) / bins
    histogram = np.zeros(bins)
    for value in image.flat:
        weights = np.exp(-(((value - centers) / width) ** 2))
        histogram += weights / weights.sum()
    histogram /= image.size
    entropy = 0.0
    for p in histogram:
        if p > 0:
            entropy -= p * np.log2(p)
    cdf = np.cumsum(histogram)
    return entropy + cdf[bins // 2]


@program(lambda rng: rng.normal(size=(6, 6)))
def opening_and_pooling(grid):
    def dilate(a, op):
        n, m = a.shape
        result = np.empty((n, m))
        for i in range(n):
            for j in range(m):
                window = a[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
                result[i, j] = op(window)
        return result

    opened = dilate(dilate(grid, np.min), np.max)
    top_hat = grid - opened
    blocks = top_hat.reshape(3, 2, 3, 2)
    pooled = blocks.max(axis=(1, 3))
    return np.sum(pooled**2) + opened.mean()


@program(lambda rng: rng.uniform(0.5, 2.0, size=(4, 5)))
def chamfer_distance_map(cost):
    n, m = cost.shape
    dist = np.full((n, m), 1e3)
    dist[0, 0] = 0
    for i in range(n):
        for j in range(m):
            if i > 0:
                dist[i, j] = min(dist[i, j], dist[i - 1, j] + cost[i, j])
            if j > 0:
                dist[i, j] = min(dist[i, j], dist[i, j - 1] + cost[i, j])
            if i > 0 and j > 0:
                dist[i, j] = min(dist[i, j], dist[i - 1, j - 1] + 1.414 * cost[i, j])
    for i in reversed(range(n)):
        for j in reversed(range(m)):
            if i < n - 1 and dist[i + 1, j] + cost[i, j] < dist[i, j]:
                dist[i, j] = dist[i + 1, j] + cost[i, j]
    return dist[-1, -1] + dist.mean()


@program(lambda rng: rng.normal(size=(5, 6)))
def total_variation_denoising(noisy):
    u = noisy.copy()
    step, weight, eps = 0.1, 0.3, 1e-2
    for _ in range(4):
        dx = np.diff(u, axis=1)
        dy = np.diff(u, axis=0)
        px = dx / np.sqrt(dx**2 + eps)
        py = dy / np.sqrt(dy**2 + eps)
        div = np.zeros_like(u)
        div[:, :-1] += px
        div[:, 1:] -= px
        div[:-1, :] += py
        div[1:, :] -= py
        u -= step * (u - noisy - weight * div)
    tv = np.abs(np.diff(u, axis=0)).sum() + np.abs(np.diff(u, axis=1)).sum()
    return tv + 0.5 * np.linalg.norm(u - noisy) ** 2


@program(lambda rng: 0.3 * rng.normal(size=(2, 3)))
def affine_registration(A):
    yy, xx = np.meshgrid(np.arange(5.0), np.arange(5.0), indexing="ij")
    moving = np.exp(-((yy - 2.2) ** 2 + (xx - 1.7) ** 2) / 3)
    fixed = np.exp(-((yy - 1.9) ** 2 + (xx - 2.3) ** 2) / 2)
    coords = np.stack([yy.ravel() - 2, xx.ravel() - 2, np.ones(25)])
    warped = coords[:2] + A @ coords + 2
    warped = np.clip(warped, 0, 3.999)
    base = np.floor(warped).astype(int)
    fy, fx = warped - base
    iy, ix = base
    sampled = (
        moving[iy, ix] * (1 - fy) * (1 - fx)
        + moving[iy + 1, ix] * fy * (1 - fx)
        + moving[iy, ix + 1] * (1 - fy) * fx
        + moving[iy + 1, ix + 1] * fy * fx
    )
    a = sampled - sampled.mean()
    b = fixed.ravel() - fixed.mean()
    return 1 - (a @ b) / np.sqrt((a @ a) * (b @ b))


@program(lambda rng: rng.uniform(0, 1, size=(4, 4, 3)))
def color_balance(rgb):
    weights = np.array([0.299, 0.587, 0.114])
    luminance = rgb @ weights
    balanced = np.zeros_like(rgb)
    for channel in range(3):
        plane = rgb[..., channel]
        lo, hi = np.percentile(plane, [10, 90])
        balanced[..., channel] = np.clip((plane - lo) / (hi - lo), 0.0, 1.0)
    gamma = np.log(0.5) / np.log(luminance.mean())
    corrected = (balanced + 0.01) ** gamma
    gy, gx = np.gradient(corrected @ weights)
    integral = np.zeros((5, 5))
    integral[1:, 1:] = luminance.cumsum(axis=0).cumsum(axis=1)
    box = integral[4, 4] - integral[1, 4] - integral[4, 1] + integral[1, 1]
    return np.mean(gx**2 + gy**2) + box


@program(lambda rng: (rng.uniform(0, 1, size=(6, 6)), rng.uniform(0.2, 0.5)))
def bilateral_filter(image, tone):
    h, w = image.shape
    result = np.zeros_like(image)
    offsets = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    for y, x in np.ndindex(h, w):
        acc, norm = 0.0, 0.0
        for dy, dx in offsets:
            yy, xx = min(max(y + dy, 0), h - 1), min(max(x + dx, 0), w - 1)
            distance = dy**2 + dx**2
            weight = np.exp(-distance / 2 - (image[yy, xx] - image[y, x]) ** 2 / (2 * tone**2))
            acc += weight * image[yy, xx]
            norm += weight
        result[y, x] = acc / norm
    residual = image - result
    return residual.std() + result[2:4, 2:4].sum()


@program(lambda rng: rng.uniform(0, 1, size=(6, 6)))
def demosaic_and_sharpen(raw):
    red, blue = raw[0::2, 0::2], raw[1::2, 1::2]
    green = np.zeros_like(raw)
    green[0::2, 1::2] = raw[0::2, 1::2]
    green[1::2, 0::2] = raw[1::2, 0::2]
    neighbors = np.roll(green, 1, 0) + np.roll(green, -1, 0) + np.roll(green, 1, 1) + np.roll(green, -1, 1)
    missing = np.zeros(raw.shape, dtype=bool)
    missing[0::2, 0::2] = missing[1::2, 1::2] = True
    green[missing] = neighbors[missing] / 4
    full = np.dstack([np.kron(red, np.ones((2, 2))), green, np.repeat(np.repeat(blue, 2, 0), 2, 1)])
    gray = full.mean(axis=-1)
    blurred = gray.copy()
    blurred[1:-1, 1:-1] = (gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:]) / 4
    sharp = gray + 0.7 * (gray - blurred)
    np.clip(sharp, 0.2, 0.9, out=sharp)
    return sharp.var() + full[..., 1].max() - full[..., 2].min()


@program(lambda rng: (rng.normal(size=(6, 6)), 0.1 * rng.normal(size=(6, 6))))
def lucas_kanade_flow(first, change):
    second = first + change
    gy, gx = np.gradient(0.5 * (first + second))
    gt = second - first
    flow = np.zeros((2, 2, 2))
    for i in range(2):
        for j in range(2):
            block = np.s_[3 * i : 3 * i + 3, 3 * j : 3 * j + 3]
            A = np.column_stack((gx[block].ravel(), gy[block].ravel()))
            b = -gt[block].ravel()
            structure = A.T @ A + 0.1 * np.identity(2)
            smallest = np.linalg.eigvalsh(structure)[0]
            if smallest < 0.05:
                continue
            flow[i, j] = np.linalg.solve(structure, A.T @ b)
    speed = np.hypot(flow[..., 0], flow[..., 1])
    return speed.mean() + flow[1, 0, 1]


@program(lambda rng: rng.uniform(0, 1, size=(5, 5)))
def grown_region(image):
    seed = np.unravel_index(np.argmax(image), image.shape)
    region, frontier = {tuple(map(int, seed))}, [tuple(map(int, seed))]
    total, count = image[seed], 1
    while frontier:
        y, x = frontier.pop()
        for ny, nx in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            if not (0 <= ny < 5 and 0 <= nx < 5) or (ny, nx) in region:
                continue
            if abs(image[ny, nx] - total / count) < 0.35:
                region.add((ny, nx))
                frontier.append((ny, nx))
                total += image[ny, nx]
                count += 1
    mask = np.zeros(image.shape, bool)
    for y, x in region:
        mask[y, x] = True
    outside = image[~mask].mean() if (~mask).any() else 0.0
    return total / count - outside + np.where(mask, image, 0).std()


@program(lambda rng: (rng.normal(size=(7, 7)), rng.normal(size=(7, 7))))
def structural_similarity(a, b):
    c1, c2 = 0.01, 0.03
    g = np.exp(-(np.arange(-1, 2) ** 2) / 2)
    g /= g.sum()
    window = np.outer(g, g)

    def blur(image):
        patches = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
        return np.tensordot(patches, window, axes=([2, 3], [0, 1]))

    mu_a, mu_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mu_a**2, blur(b * b) - mu_b**2
    covariance = blur(a * b) - mu_a * mu_b
    ssim = (2 * mu_a * mu_b + c1) * (2 * covariance + c2) / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))
    worst = np.unravel_index(ssim.argmin(), ssim.shape)
    return ssim.mean() + ssim[worst]
