// Quantizes a model with every GGUF type and every recipe, and one into several parts, loads each file in llama.cpp and
// compares the logits:
//   node compare_llama_types.mjs MODEL.gguf NODE_MODULES CLI [--only REGEX] [--device cpu] [--limit KL]
// NODE_MODULES is the node_modules folder that node-llama-cpp was installed in, CLI our quantscope-cli.
// Prints per type the bits per weight of the file and the mean KL(llama.cpp || ours) in nats, twice: when both read the
// file, where llama.cpp also rounds the activations to 8 bits, and when llama.cpp reads what the file decodes to as
// float32. Exits 1 when a file is not made or not loaded, or the second figure is greater than the limit.
import {execFileSync} from "node:child_process";
import {mkdtempSync, rmSync, statSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {readArguments} from "./arguments.mjs";

const {words: [model, modules, cli], options} = readArguments(
  "usage: node compare_llama_types.mjs MODEL.gguf NODE_MODULES CLI [--only REGEX] [--device cpu] [--limit KL]",
  ["MODEL.gguf", "NODE_MODULES", "CLI"], {"--only": ".", "--device": "cpu", "--limit": "1e-4"});
const compare = path.join(path.dirname(fileURLToPath(import.meta.url)), "compare_llama_cpp.mjs");

function json(...words) {
  return JSON.parse(execFileSync(cli, [...words, "--json"], {encoding: "utf8", maxBuffer: 1 << 28}));
}

/** KL after the tokens when llama.cpp reads `theirs` and we read `ours`. */
function compareFiles(theirs, ours) {
  const text = execFileSync(
    "node", [compare, theirs, modules, cli, "--device", options["--device"], "--ours", ours],
    {encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "pipe"]});
  const found = /mean KL (\S+), maximum (\S+), same top token (.*)/.exec(text);
  if (!found) throw new Error(`Unexpected output: ${text}`);
  return {mean: Number(found[1]), sameTop: found[3]};
}

/** The files that were written. */
function quantize(source, option, what, target, ...more) {
  return json("quantize", source, option, what, "-o", target, ...more).files;
}

/** llama.cpp reads a model in parts from its first one; we read the model they were made of. */
function compareParts(limit, value) {
  const parts = quantize(model, "--recipe", "F32", path.join(folder, "split.gguf"), limit, value);
  const {mean, sameTop} = compareFiles(parts[0], model);
  const isFar = !(mean <= Number(options["--limit"]));
  console.log(`split into ${parts.length} parts by ${limit} ${value}: mean KL ${mean.toExponential(2)}  same top ` +
              `${sameTop}${isFar ? "  TOO FAR" : ""}`);
  return isFar;
}

const written = new Set(["gguf_block", "recipe"]);
const wanted = json("schemes").filter((row) =>
  (written.has(row.family) || ["fp16", "bf16"].includes(row.scheme)) && new RegExp(options["--only"]).test(row.scheme));
const weights = json("inspect", model).parameters;
const folder = mkdtempSync(path.join(tmpdir(), "quantscope-peer-"));
const file = path.join(folder, "quantized.gguf"), decoded = path.join(folder, "decoded.gguf");
let failures = 0;
try {
  for (const {scheme, family} of wanted) {
    let line = "";
    try {
      quantize(model, family === "recipe" ? "--recipe" : "--scheme", scheme, file);
      quantize(file, "--recipe", "F32", decoded);
      const same = compareFiles(file, file), exact = compareFiles(decoded, file);
      const isFar = !(exact.mean <= Number(options["--limit"]));
      failures += isFar ? 1 : 0;
      line = `${(8 * statSync(file).size / weights).toFixed(2).padStart(6)} bits  mean KL ${same.mean.toExponential(2)}  ` +
             `same top ${same.sameTop}  as float32 ${exact.mean.toExponential(2)}${isFar ? "  TOO FAR" : ""}`;
    } catch (error) {
      ++failures;
      line = `FAILED: ${(error.stderr?.toString().trim() || error.message).split("\n").at(-1)}`;
    }
    console.log(`${scheme.padEnd(10)} ${line}`);
  }
  if (new RegExp(options["--only"]).test("split"))
    for (const [limit, value] of [["--split-max-tensors", "10"], ["--split-max-size", "4M"], ["--split-max-size", "1G"]])
      failures += compareParts(limit, value) ? 1 : 0;
} finally {
  rmSync(folder, {recursive: true});
}
console.log(`${wanted.length} types and recipes, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
