// Bundles the pages' scripts and styles into the Python package: one line of ASCII each, without comments, so that a
// host which flattens line ends cannot break them.
import { build } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const PACKAGE = "../src/chainrule/view/_static";
const PAGES = ["graph", "dash"];
const BUNDLED = ["uplot"]; // packages whose code is in what is built

const shared = { bundle: true, target: "es2022", charset: "ascii", legalComments: "none", logLevel: "warning" };

async function pages() {
  const there = PAGES.filter((name) => existsSync(`src/${name}.ts`));
  await build({
    ...shared,
    entryPoints: there.flatMap((name) => [`src/${name}.ts`, `src/${name}.css`]),
    outdir: PACKAGE,
    format: "iife",
    minify: true,
    supported: { "template-literal": false }, // which would hold line ends as they are
  });
  for (const file of there.flatMap((name) => [`${name}.js`, `${name}.css`])) {
    const text = readFileSync(`${PACKAGE}/${file}`, "utf8").trimEnd();
    if (text.includes("\n")) throw new Error(`${file} has more than one line`);
    if (/[^\x00-\x7f]/.test(text)) throw new Error(`${file} is not ASCII: a regular expression holds a letter that is not`);
  }
  if (there.includes("dash")) {
    const notices = BUNDLED.map((name) => {
      const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
      return `${name} ${version}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim()}\n`;
    });
    writeFileSync(`${PACKAGE}/NOTICES.txt`, notices.join("\n"));
  }
}

await pages();
