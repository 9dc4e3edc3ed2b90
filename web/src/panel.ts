// The panel beside the picture: all that is known of the variable or the edge that was chosen, or of two variables side
// by side.

import { dash, gradientSection, hasFailed, healthLine, typeText, valueSection } from "./array_section";
import { checkBadge } from "./check_section";
import { copyButton } from "./copying";
import type { GraphEdge, GraphNode } from "./document";
import { button, element, type Child } from "./elements";
import { jacobianSection, signOf } from "./jacobian_section";
import { nodeSoFar } from "./known";
import { link, linksSection, memorySection } from "./links_section";
import type { Page } from "./page";
import { ruleSection } from "./rule_section";
import { sourceSection } from "./source_section";
import { edgesByName } from "./svg";

export function installPanel(page: Page): void {
  const { known, store, slots, commands } = page;
  const edges = edgesByName(page.graph);
  const compare = (): void => {
    const { pinned, comparing } = store.state;
    if (!pinned.length) return;
    store.update({ comparing: !comparing });
    if (!comparing) page.announce("choose a second variable to compare");
  };
  commands.add("walk", ["c"], "compare with the variable that is chosen next", compare);
  slots.panel.setAttribute("aria-label", "what is chosen");

  /** What is known by now of all that the panel tells. */
  const told = (): string => {
    const { pinned, edge } = store.state;
    const chosen = edge === null ? undefined : edges.get(edge);
    const variables = chosen ? [chosen.from, chosen.to] : pinned.flatMap((number) => [number, ...page.graph.nodes[number]!.inputs]);
    const ways = chosen ? [chosen] : pinned.flatMap((number) => arriving(page.graph.nodes[number]!, edges));
    const facts = [...variables.flatMap((number) => [known.value(number), known.gradient(number)]), ...ways.map((each) => known.sent(each))];
    return facts.map(Number).join("");
  };
  let whatIsTold = "";
  const redraw = (): void => {
    const { scrollTop } = slots.panel;
    draw();
    slots.panel.scrollTop = scrollTop;
  };
  const draw = (): void => {
    whatIsTold = told();
    const { pinned, edge } = store.state;
    const chosen = edge === null ? undefined : edges.get(edge);
    slots.panel.classList.toggle("wide", !chosen && pinned.length > 1);
    slots.panel.replaceChildren(
      ...(chosen
        ? [edgeColumn(page, chosen, edges)]
        : pinned.length
          ? pinned.map((number) => variableColumn(page, page.graph.nodes[number]!, edges, compare))
          : [hint(page)]),
    );
    slots.panel.scrollTop = 0;
  };
  store.subscribe((state, before) => {
    if (state.pinned !== before.pinned || state.edge !== before.edge) draw();
    else if (told() !== whatIsTold) redraw();
    const toggle = slots.panel.querySelector(".compare");
    toggle?.setAttribute("aria-pressed", String(state.comparing));
  });
  draw();
}

function variableColumn(page: Page, whole: GraphNode, edges: Map<string, GraphEdge>, compare: () => void): HTMLElement {
  const { graph, known, store } = page;
  const jacobians = arriving(whole, edges);
  const node = nodeSoFar(whole, known, jacobians);
  const several = store.state.pinned.length > 1;
  const drop = (): void => {
    store.update({ pinned: store.state.pinned.filter((each) => each !== node.id) });
    page.canvas.focus(page.canvas.showing(node.id));
  };
  const badges = jacobians.map((edge) => checkBadge(edge, graph.nodes[edge.from]!.label)).filter((each) => each !== null);
  return element(
    "article",
    { class: "column", "data-of": node.id, "aria-label": node.label },
    element(
      "header",
      {},
      title(node),
      element(
        "div",
        { class: "buttons" },
        copyButton(`g[${JSON.stringify(node.name)}]`, "copy: this variable in Python", `g[${JSON.stringify(node.name)}]`),
        !several && button("compare", "with the variable that is chosen next (c)", compare, { class: "compare", "aria-pressed": "false" }),
        button("×", "close", drop, { class: "close", "aria-label": `close ${node.label}` }),
      ),
      element("p", { class: "path" }, [`#${node.id}`, node.role, ...groupPath(page, node)].join(" · ")),
      node.health && healthLine(node.health),
    ),
    section("Source", sourceSection(graph, node)),
    section("Value", known.value(node.id) ? valueSection(node) : notYet(node)),
    section("Gradient", known.gradient(node.id) ? gradientSection(node) : notYet(node)),
    section("Local Jacobian", jacobians.length && !hasFailed(node) ? jacobians.map((edge) => block(jacobianSection(page, edge))) : [none(node)]),
    section("Rule", ruleSection(graph, node, jacobians.map(({ structure }) => structure))),
    section("Links", linksSection(page, node)),
    section("Memory", memorySection(page, node)),
    badges.length > 0 && section("Check", badges),
  );
}

function edgeColumn(page: Page, edge: GraphEdge, edges: Map<string, GraphEdge>): HTMLElement {
  const { graph, store } = page;
  const { known } = page;
  const jacobians = arriving(graph.nodes[edge.to]!, edges);
  const [x, y] = [graph.nodes[edge.from]!, nodeSoFar(graph.nodes[edge.to]!, known, jacobians)];
  const badge = checkBadge(edge, x.label);
  const structures = jacobians.map(({ structure }) => structure);
  const place = y.inputs.length > 1 ? `argument ${edge.argument + 1} of ${y.inputs.length}` : "the argument";
  return element(
    "article",
    { class: "column", "data-of": `e${edge.to}-${edge.argument}`, "aria-label": `edge from ${x.label} to ${y.label}` },
    element(
      "header",
      {},
      element("h2", { class: "title" }, link(page, x.id), " → ", link(page, y.id)),
      element(
        "div",
        { class: "buttons" },
        button("×", "close", () => store.update({ edge: null }), { class: "close", "aria-label": "close this edge" }),
      ),
      element("p", { class: "path" }, `${place} of ${y.word}`),
    ),
    section("Local Jacobian", jacobianSection(page, edge)),
    section("Rule", ruleSection(graph, y, structures, edge.argument)),
    section("Source", sourceSection(graph, y)),
    badge && section("Check", [badge]),
  );
}

function arriving({ id, inputs }: GraphNode, edges: Map<string, GraphEdge>): GraphEdge[] {
  return inputs.map((_, k) => edges.get(`e${id}-${k}`)!);
}

function notYet(node: GraphNode): HTMLElement[] {
  return [element("p", { class: "type" }, typeText(node)), dash("not computed yet at this step")];
}

/** `h1 = tanh`, with the parameters of the operation. */
function title({ label, operation, word, parameters }: GraphNode): HTMLElement {
  const given = Object.entries(parameters).map(([name, text]) => `${name}=${text}`);
  return element(
    "h2",
    { class: "title", tabindex: -1 },
    element("span", { class: "name" }, label),
    operation !== null && element("span", { class: "operation", title: given.join(", ") }, ` = ${word}`),
  );
}

function groupPath({ graph }: Page, { group }: GraphNode): string[] {
  const found: string[] = [];
  for (let k = group; k > 0; k = graph.groups[k]!.parent ?? 0) found.unshift(graph.groups[k]!.title);
  return found.length ? [found.join(" / ")] : [];
}

function section(name: string, content: Child[]): HTMLElement {
  return element("section", { class: name.toLowerCase().replace(" ", "-") }, element("h2", {}, name), ...content);
}

function block(content: Child[]): HTMLElement {
  return element("div", { class: "jacobian" }, ...content);
}

function none(node: GraphNode): HTMLElement {
  if (hasFailed(node)) return dash("it failed");
  return dash(node.role === "constant" ? "a constant: no edge leads here" : "it is given: no edge leads here");
}

/** What can be done, and the signs of this graph. */
function hint({ graph, constants }: Page): HTMLElement {
  const structures = Object.keys(constants.glyphs).filter((name) => graph.edges.some(({ structure }) => structure === name));
  const signs = structures.map((name) => element("li", {}, signOf(name, constants), name));
  return element(
    "div",
    { class: "hint" },
    element("p", {}, "Choose a variable or an edge in the picture. A second variable, with Shift, is compared."),
    signs.length > 0 && element("p", {}, "The squares where edges arrive show where the entries of the local Jacobian are:"),
    signs.length > 0 && element("ul", {}, ...signs),
    graph.thinned !== null && element("p", { class: "thinned" }, `Of ${graph.thinned}.`),
  );
}
