import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundle, copies, declarations } from "./bundle.mjs";

const dist = new URL("../dist/", import.meta.url);
await rm(dist, { recursive: true, force: true });
declarations(fileURLToPath(dist));
const text = await bundle();
for (const copy of copies) {
  await mkdir(new URL("./", copy), { recursive: true });
  await writeFile(copy, text);
}
