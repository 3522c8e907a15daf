import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundle, declarations } from "./bundle.mjs";

const dist = new URL("../dist/", import.meta.url);
await rm(dist, { recursive: true, force: true });
declarations(fileURLToPath(dist));
await writeFile(new URL("peerage.js", dist), await bundle());
