// What the built files are made of: scripts/build.mjs writes them, test/dist.test.mjs compares.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

const root = new URL("../", import.meta.url);

/** Takes the comments out: esbuild keeps those in classes, which would be a tenth of what a page loads. */
const bare = {
  name: "bare",
  setup(build) {
    const compilerOptions = { target: "ES2022", module: "ESNext", verbatimModuleSyntax: true, removeComments: true };
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      return { contents: ts.transpileModule(await readFile(path, "utf8"), { compilerOptions }).outputText, loader: "ts" };
    });
  },
};

/** Gives the text of the built file. */
export async function bundle() {
  const license = await readFile(new URL("node_modules/@msgpack/msgpack/LICENSE", root), "utf8");
  const result = await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: ["src/peerage.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    plugins: [bare],
    banner: { js: `// npm run build made this file of client/js/src.\n/*!\n@msgpack/msgpack:\n\n${license.trim()}\n*/` },
  });
  return result.outputFiles[0].text;
}

/** Writes the type declarations to a folder. */
export function declarations(dir) {
  const args = ["node_modules/typescript/bin/tsc", "-p", ".", "--declaration", "--emitDeclarationOnly", "--outDir", dir];
  execFileSync(process.execPath, args, { cwd: fileURLToPath(root), stdio: "inherit" });
}
