// The files that are committed are those that the source gives.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle, declarations } from "../scripts/bundle.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

test("the built file is up to date", async () => {
  const text = await readFile(join(root, "dist/peerage.js"), "utf8");
  assert.ok(text === (await bundle()), "dist/peerage.js is not what src gives: npm run build");
});

test("the declarations are up to date", async () => {
  const dir = await mkdtemp(join(tmpdir(), "peerage-js-"));
  try {
    declarations(dir);
    const names = await readdir(dir);
    const committed = (await readdir(join(root, "dist"))).filter((name) => name.endsWith(".d.ts"));
    assert.deepEqual(committed.sort(), names.sort());
    for (const name of names) {
      const [a, b] = await Promise.all([join(dir, name), join(root, "dist", name)].map((f) => readFile(f, "utf8")));
      assert.ok(a === b, `dist/${name} is not what src gives: npm run build`);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("the built file works under a strict policy, and names no place", async () => {
  const text = await readFile(join(root, "dist/peerage.js"), "utf8");
  assert.doesNotMatch(text, /\beval\b|new Function|https?:\/\/|\bimport\b.*\bfrom\b/);
});

test("the lock file names no registry", async () => {
  assert.doesNotMatch(await readFile(join(root, "package-lock.json"), "utf8"), /"resolved"|https?:/);
});

test("the package holds what it promises", async () => {
  const out = execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
  const [{ files }] = Object.values(JSON.parse(out));
  const names = files.map((f) => f.path);
  for (const name of ["README.md", "package.json", "dist/peerage.js", "dist/peerage.d.ts"]) assert.ok(names.includes(name), name);
  assert.ok(!names.some((name) => /^(src|test|scripts)\//.test(name)), `${names}`);
});
