// Runs the tests under each version of Node in test/nodes/package.json, and says at the end which those were.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const nodes = fileURLToPath(new URL("../test/nodes/", import.meta.url));
const here = `${process.platform}-${process.arch}`;
const wanted = Object.keys(JSON.parse(readFileSync(`${nodes}package.json`, "utf8")).optionalDependencies);
const names = wanted.filter((name) => name.endsWith(`-${here}`));
if (names.length === 0) throw new Error(`test/nodes/package.json has no Node for ${here}: add the packages of that platform`);

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
execFileSync(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: nodes, stdio: ["ignore", "inherit", "inherit"] });

const files = process.argv.length > 2 ? process.argv.slice(2) : readdirSync(`${root}test`).filter((f) => f.endsWith(".test.mjs")).map((f) => `test/${f}`);
const said = [];
for (const name of names) {
  const bin = `${nodes}node_modules/${name}/bin/node`;
  const version = execFileSync(bin, ["--version"], { encoding: "utf8" }).trim();
  console.log(`\n== Node ${version}`);
  const { status } = spawnSync(bin, ["--test", ...files], { cwd: root, stdio: "inherit" });
  said.push(`Node ${version}: ${status === 0 ? "passed" : "FAILED"}`);
  if (status !== 0) process.exitCode = 1;
}
console.log(`\n${said.join("\n")}`);
