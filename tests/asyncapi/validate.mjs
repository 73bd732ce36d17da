// node validate.mjs FILE: the AsyncAPI project's own parser reads FILE. Exits with 1 and says why if it finds a fault.
import { readFile } from "node:fs/promises";
import { DiagnosticSeverity, Parser } from "@asyncapi/parser";

const [file] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf-8"), { source: file });
const faults = diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
for (const { code, message, path } of faults) console.error(`${path.join(".")}: ${message} (${code})`);
if (!document || faults.length) process.exit(1);
console.log(`${document.channels().length} channels, ${document.allMessages().length} messages`);
