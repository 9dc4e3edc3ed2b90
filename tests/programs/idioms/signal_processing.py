"""Signals: filters in the Fourier and the time domain, windows, correlations, spectrograms."""

import math

import numpy
import numpy as np

from ..program import program
from ..toolbox import running_mean


@program(lambda rng: rng.normal(size=20))
def biquad_cascade(x):
    sections = [((0.2, 0.4, 0.2), (-0.5, 0.3)), ((1.0, -1.0, 0.1), (0.1, 0.2))]
    y = x.copy()
    for (b0, b1, b2), (a1, a2) in sections:
        out = np.zeros_like(y)
        w1 = w2 = 0.0
        for n in range(len(y)):
            w0 = y[n] - a1 * w1 - a2 * w2
            out[n] = b0 * w0 + b1 * w1 + b2 * w2
            w2, w1 = w1, w0
        y = out
    settled = y[5:]
    return float(len(settled)) * np.mean(settled**2)


@program(lambda rng: np.array([0.3, 1.2, 0.5]))
def design_of_windowed_sinc(p):
    cutoff, gain, alpha = p
    taps = 15
    middle = (taps - 1) // 2
    h = numpy.zeros(taps)
    for k in range(taps):
        m = k - middle
        if m == 0:
            h[k] = 2 * cutoff
        else:
            h[k] = numpy.sin(2 * numpy.pi * cutoff * m) / (numpy.pi * m)
        h[k] *= alpha - (1 - alpha) * numpy.cos(2 * numpy.pi * k / (taps - 1))
    h *= gain / h.sum()
    w = numpy.linspace(0, numpy.pi, 12)
    phase = numpy.outer(w, numpy.arange(taps))
    re, im = numpy.cos(phase) @ h, -numpy.sin(phase) @ h
    magnitude = numpy.sqrt(re**2 + im**2)
    wanted = (w < 1.0).astype(float)
    return ((magnitude - wanted) ** 2).mean()


@program(lambda rng: rng.normal(size=12))
def delay_by_cross_correlation(a):
    template = np.array([0.2, 1.0, -0.5, 0.1])
    corr = np.correlate(a, template, mode="valid")
    norms = np.array([np.linalg.norm(a[i : i + 4]) for i in range(len(corr))])
    ncc = corr / (norms * np.linalg.norm(template))
    k = np.argmax(ncc)
    if 0 < k < len(ncc) - 1:
        left, mid, right = ncc[k - 1], ncc[k], ncc[k + 1]
        offset = 0.5 * (left - right) / (left - 2 * mid + right)
    else:
        offset = 0.0
    delay = k + offset
    return delay + ncc[k]


@program(lambda rng: rng.normal(size=10))
def adaptive_lms_filter(signal):
    mu = 0.05
    weights = np.zeros(3)
    desired = np.convolve(signal, [0.5, -0.2, 0.1])[: len(signal)]
    errors = []
    padded = np.concatenate((np.zeros(2), signal))
    for n in range(len(signal)):
        u = padded[n : n + 3][::-1]
        e = desired[n] - weights @ u
        weights = weights + 2 * mu * e * u
        errors.append(e)
    errors = np.array(errors)
    return np.sum(errors**2) + weights[0]


@program(lambda rng: np.array([0.9, 0.31, 0.4]))
def goertzel_power(params):
    amplitude, frequency, phase = params
    N = 24
    samples = [amplitude * math.cos(2 * math.pi * frequency * n + phase) for n in range(N)]
    powers = []
    for k in (5, 7, 9):
        coeff = 2 * math.cos(2 * math.pi * k / N)
        s_prev, s_prev2 = 0.0, 0.0
        for sample in samples:
            s = sample + coeff * s_prev - s_prev2
            s_prev2 = s_prev
            s_prev = s
        powers.append(s_prev**2 + s_prev2**2 - coeff * s_prev * s_prev2)
    total = sum(powers)
    centroid = sum(k * q for k, q in zip((5, 7, 9), powers)) / total
    return centroid + math.log(total)


@program(lambda rng: rng.normal(size=17))
def envelope_and_zero_crossings(x):
    attack, release = 0.6, 0.1
    env = np.zeros(len(x))
    level = 0.0
    for i, v in enumerate(np.abs(x)):
        rate = attack if v > level else release
        level += rate * (v - level)
        env[i] = level
    crossings = np.where(np.diff(np.sign(x)) != 0)[0]
    positions = crossings + x[crossings] / (x[crossings] - x[crossings + 1])
    if len(positions) < 2:
        return env.sum()
    period = 2 * np.mean(np.diff(positions))
    return env[-1] / period + np.median(env)


@program(lambda rng: rng.normal(size=16))
def haar_wavelet_shrinkage(signal):
    coefficients = signal.copy()
    n = len(coefficients)
    while n > 1:
        even, odd = coefficients[0:n:2], coefficients[1:n:2]
        coarse, detail = (even + odd) / math.sqrt(2), (even - odd) / math.sqrt(2)
        n //= 2
        coefficients[:n] = coarse
        coefficients[n : 2 * n] = detail
    sigma = np.median(np.abs(coefficients[8:])) / 0.6745
    threshold = sigma * math.sqrt(2 * math.log(len(signal)))
    small = np.abs(coefficients) <= threshold
    shrunk = np.sign(coefficients) * (np.abs(coefficients) - threshold)
    shrunk[small] = 0
    shrunk[0] = coefficients[0]
    while n < len(signal):
        coarse, detail = shrunk[:n].copy(), shrunk[n : 2 * n].copy()
        shrunk[0 : 2 * n : 2] = (coarse + detail) / math.sqrt(2)
        shrunk[1 : 2 * n : 2] = (coarse - detail) / math.sqrt(2)
        n *= 2
    return np.sum((shrunk - signal) ** 2) + np.abs(shrunk).max()


@program(lambda rng: rng.normal(size=20))
def median_filter_and_trend(x):
    padded = np.pad(x, 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5)
    smooth = np.median(windows, axis=1)
    t = np.arange(len(x)) / len(x)
    slope, offset = np.polyfit(t, smooth, 1)
    detrended = x - np.polyval([slope, offset], t)
    smoothed = running_mean(detrended, width=5)
    crossings = [i for i in range(1, len(x)) if smoothed[i - 1] * smoothed[i] < 0]
    rate = len(crossings) / len(x)
    return np.ptp(smooth) + rate * np.linalg.norm(smoothed) + slope


@program(lambda rng: (rng.uniform(0.2, 0.8), rng.normal(size=24)))
def automatic_gain_control(target, samples):
    blocks = samples.reshape(4, 6)
    gain = 1.0
    out = np.zeros_like(blocks)
    gains = np.ones(len(blocks) + 1)
    for i, block in enumerate(blocks):
        level = np.sqrt(np.mean(block**2))
        wanted = target / max(level, 0.05)
        gain += 0.5 * (min(wanted, 4.0) - gain)
        gains[i + 1] = gain
        ramp = np.linspace(gains[i], gain, block.size)
        out[i] = np.tanh(block * ramp)
    flat = out.ravel()
    flat -= flat.mean()
    return out.var() + np.log(gains).sum() ** 2 + flat[5]


@program(lambda rng: (rng.normal(size=6), rng.uniform(0.1, 0.9)))
def resampled_with_jitter(samples, shift):
    n = len(samples)
    positions = np.arange(n - 1) + shift
    kernel = np.sinc(positions[:, np.newaxis] - np.arange(n))
    window = 0.5 * (1 + np.cos(np.pi * np.clip((positions[:, None] - np.arange(n)) / 4, -1, 1)))
    ideal = (kernel * window) @ samples
    linear = np.interp(positions, range(n), samples)
    error = ideal - linear
    lags = np.correlate(error, error, mode="full")
    center = lags.size // 2
    whiteness = lags[center + 1 :] / lags[center]
    return np.sum(whiteness**2) + np.dot(ideal, linear)


@program(lambda rng: rng.normal(size=16))
def low_pass_in_fourier_space(signal):
    n = len(signal)
    spectrum = np.fft.fft(signal)
    freqs = np.fft.fftfreq(n, d=0.1)
    cutoff = 2.0
    spectrum[np.abs(freqs) > cutoff] = 0
    smooth = np.fft.ifft(spectrum).real
    rough = signal - smooth
    snr = np.sum(smooth**2) / np.sum(rough**2)
    return 10 * np.log10(snr)


@program(lambda rng: rng.normal(size=32))
def log_spectrogram(x, frame=8, hop=4):
    window = np.hanning(frame + 1)[:-1]
    n_frames = 1 + (len(x) - frame) // hop
    S = np.empty((n_frames, frame // 2 + 1))
    for i in range(n_frames):
        segment = x[i * hop : i * hop + frame] * window
        spectrum = np.fft.rfft(segment)
        S[i] = np.abs(spectrum) ** 2
    S = 10 * np.log10(S + 1e-3)
    flux = np.diff(S, axis=0)
    onset = np.where(flux > 0, flux, 0.0).sum(axis=1)
    print_line = f"{n_frames} frames, loudest {S.max():.2f} dB"
    assert print_line.startswith("7")
    return onset.mean() + S.std()


@program(lambda rng: (rng.normal(size=12), rng.uniform(0.5, 2.0)))
def group_delay_and_cepstrum(impulse, sharpness):
    n = np.arange(len(impulse))
    h = impulse * np.exp(-sharpness * n / len(n))
    h[0] += 4.0
    H = np.fft.rfft(h, 32)
    ramped = np.fft.rfft(n * h, 32)
    delay = np.real(ramped * H.conj()) / np.abs(H) ** 2
    with np.errstate(divide="ignore"):
        cepstrum = np.fft.irfft(np.log(np.abs(H)))
    lifter = np.zeros(32)
    lifter[0] = lifter[16] = 1
    lifter[1:16] = 2
    minimum_phase = np.exp(np.fft.fft(cepstrum * lifter))
    recovered = np.fft.ifft(minimum_phase).real[: len(h)]
    phase = np.unwrap(np.angle(H))
    return delay.mean() + np.sum((recovered - h) ** 2) + phase[-1] - phase[0]


@program(lambda rng: rng.normal(size=(2, 10)))
def analytic_signal_synchrony(channels):
    n = channels.shape[1]
    spectrum = np.fft.fft(channels, axis=1)
    mask = np.zeros(n)
    mask[0] = mask[n // 2] = 1
    mask[1 : n // 2] = 2
    analytic = np.fft.ifft(spectrum * mask, axis=1)
    first, second = analytic
    relative = first * np.conj(second)
    locking = np.abs(np.mean(relative / np.abs(relative)))
    envelope = np.abs(analytic)
    correlation = np.corrcoef(envelope)[0, 1]
    power = (spectrum * spectrum.conj()).real.sum(axis=1) / n
    return locking + correlation + np.log(power[0] / power[1])
