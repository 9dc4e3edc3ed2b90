"""Graphs that nobody draws on a board: each page opens, shows every look, and steps to the end and back."""

import numpy as np
import pytest

import chainrule as cr

ALL_OF_IT = """() => {
  const { commands, graph, store } = chainrule;
  const press = (keys) => keys.split('').forEach((key) => commands.press(key));
  const steps = () => {
    press('n');
    const last = Number(document.querySelector('.progress').textContent.match(/of (\\d+)/)[1]);
    for (let k = 0; k < last; k++) press('n');
    const seen = document.querySelector('.progress').textContent;
    for (let k = 0; k < last; k++) press('p');
    store.update({ step: null });
    return [seen.startsWith(`step ${last} of ${last}`), last];
  };
  press('vgjhmvrraz0+-][fbosf');
  const found = steps();
  for (const graphs of ['forward', 'both', 'backward', 'beside']) {
    store.update({ graphs });
    for (const { id } of graph.nodes) store.update({ pinned: [id] });
  }
  for (const { to, argument } of graph.edges) store.update({ edge: `e${to}-${argument}` });
  steps();
  return found;
}"""


def unary(function, x, **options):
    graph = cr.trace(function, x)
    return graph, graph.forward(x), options


def one_variable():
    x = cr.variable("x", shape=())
    graph = cr.Graph([x], [x])
    return graph, graph.forward(2.0), {}


def no_inputs():
    graph = cr.trace(lambda: np.sum(np.ones(3) * 2))
    return graph, graph.forward(), {}


def whole_numbers():
    return unary(lambda n: n * 2 + 1 > 3, np.arange(5))


def complex_numbers():
    return unary(lambda z: np.sum(np.abs(np.exp(z) * z) ** 2), np.array([1 + 2j, 3 - 1j]))


def nothing_in_it():
    return unary(lambda x: np.sum(np.tanh(x) @ np.ones((0, 3))), np.zeros((2, 0)))


def not_a_number_anywhere():
    return unary(lambda x: np.sum(np.tanh(x @ x)), np.full((3, 3), np.nan))


def results_with_seeds():
    return unary(lambda x: (np.sin(x), x, x), np.ones(3), seeds=[np.ones(3), np.arange(3.0), np.ones(3)])


def results_without_seeds():
    return unary(lambda x: {"a": np.sin(x), "b": (x**2, x)}, np.ones(3))


def out_of_reach():
    return unary(lambda x: np.sum(cr.stop_gradient(np.tanh(x))), np.ones(3))


def loops():
    def f(w):
        carry, states = cr.scan(lambda c, x: (np.tanh(w @ c + x), np.sum(c)), np.zeros(2), np.ones((3, 2)))
        return np.sum(states) + cr.cond(carry[0] > 0, np.sum, np.max, carry)

    return unary(f, np.eye(2))


def names_alike():
    names = ["a<b", "a&lt;b", "a b", "a_b", "a\u00a0b", "", " ", "n0", "g0", "e7-0", "__proto__", "constructor", "x\ny"]
    xs = [cr.variable(f"x{k}", shape=()) for k in range(len(names))]
    graph = cr.Graph(xs, [sum(xs)], "__proto__")
    for v, name in zip(graph.data.inputs, names, strict=True):
        v.name = name
    return graph, graph.forward(*range(len(names))), {}


def five_axes():
    return unary(lambda x: np.sum(np.einsum("abcde,ef->abcdf", x, np.ones((3, 2))) ** 2), np.ones((2, 1, 3, 2, 3)))


def huge_and_tiny():
    return unary(lambda x: np.sum(x**2) * 1e300, np.array([1e150, -1e-300, 5e-324, 1.7e308]))


def half_digits():
    return unary(lambda x: np.sum(np.where(x > 0, np.exp(x), x)), np.linspace(-1, 1, 5, dtype=np.float16))


def many_digits():
    return unary(lambda x: np.sum(np.exp(x)), np.ones(5, np.longdouble) / 3)


ODD = [
    one_variable,
    no_inputs,
    whole_numbers,
    complex_numbers,
    nothing_in_it,
    not_a_number_anywhere,
    results_with_seeds,
    results_without_seeds,
    out_of_reach,
    loops,
    names_alike,
    five_axes,
    huge_and_tiny,
    half_digits,
    many_digits,
]


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_a_page_shows_all_of(open_page, make):
    with np.errstate(all="ignore"):
        graph, values, options = make()
        html = graph.to_html(values=values, **options)
    tab = open_page(html)  # which looks at complaints
    at_the_end, last = tab.evaluate(ALL_OF_IT)
    assert at_the_end and last >= len(graph)
    words = tab.evaluate("document.body.innerText")
    assert "undefined" not in words and "[object" not in words


def test_without_numbers_in_the_lectures_style_dark_and_with_everything_closed(open_page):
    graph, _, _ = loops()
    tab = open_page(graph.to_html(style="lecture", theme="dark", collapse=lambda group: True), color_scheme="light")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    assert tab.locator("svg.chainrule").first.get_attribute("data-style") == "lecture"
    assert tab.evaluate(ALL_OF_IT)[0]


def test_three_hundred_consumers_are_drawn_once_each(open_page):
    def f(x):
        return sum(np.sin(x * k) for k in range(300))

    graph = cr.trace(f, 1.0)
    tab = open_page(graph.to_html(values=graph.forward(1.0)))
    tab.evaluate("chainrule.store.update({pinned: [0], step: 1500})")
    assert "and 276 more" in tab.locator("[data-slot=panel] [data-links=consumers]").inner_text()
    assert tab.locator(".stage .node, .stage .closed").count() <= 400
