// How fast texts become tokens, ours beside Hugging Face's tokenizers library (in Rust), in turn, one thread each:
//   node peer_tokenizers.mjs NODE_MODULES BENCH_TOKENIZERS [--only REGEX]
// NODE_MODULES holds @anush008/tokenizers and packages that carry a tokenizer.json. Prose and code are this project's own; the other
// texts are 100 kB of what may be slow.
import {execFileSync} from "node:child_process";
import {copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import path from "node:path";
import {readArguments} from "../peer/arguments.mjs";

const {words: [modules, bench], options} = readArguments("usage: node peer_tokenizers.mjs NODE_MODULES BENCH_TOKENIZERS [--only REGEX]",
                                                         ["NODE_MODULES", "BENCH_TOKENIZERS"], {"--only": "."});
const {Tokenizer} = createRequire(import.meta.url)(path.resolve(modules, "@anush008/tokenizers"));
process.env.TOKENIZERS_PARALLELISM = "false";

function* files(folder) {
  for (const entry of readdirSync(folder, {withFileTypes: true}).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* files(inner);
    else if (entry.isFile()) yield inner;
  }
}

/** Files of a kind one after the other, up to 1 MB. */
function collected(folders, ends) {
  const root = new URL("../..", import.meta.url).pathname;
  let text = "";
  for (const folder of folders) {
    for (const file of files(path.join(root, folder))) {
      if (ends.test(file) && text.length < 1e6) text += readFileSync(file, "utf8");
    }
  }
  return text.slice(0, 1e6).toWellFormed();
}

const run = (unit) => unit.repeat(Math.ceil(100_000 / Buffer.byteLength(unit)));
const texts = {prose: collected(["resources/models/facts", "core", "app", "tests"], /\.(md|txt)$/), code: collected(["core"], /\.cpp$/), letter: run("a"), digits: run("7"), blanks: run(" "), lines: run("\n"),
               emoji: run("👩‍👩‍👧‍👦"), marks: "e" + run("\u0301"), ideographs: run("日本語"), quotes: run("'"), brackets: run("<|")};
const folder = mkdtempSync(path.join(tmpdir(), "quantscope-tokenizer-speed-"));
try {
  for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(folder, name), text);
  const header = JSON.stringify({x: {dtype: "F32", shape: [1], data_offsets: [0, 4]}}).padEnd(64);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path.join(folder, "model.safetensors"), Buffer.concat([length, Buffer.from(header), Buffer.alloc(4)]));
  for (const file of files(modules)) {
    if (path.basename(file) !== "tokenizer.json" || !new RegExp(options["--only"]).test(file)) continue;
    copyFileSync(file, path.join(folder, "tokenizer.json"));
    const theirs = Tokenizer.fromFile(file);
    console.log(`${path.relative(modules, file)}: MB/s ours (first pass), theirs`);
    const ours = execFileSync(bench, [folder, ...Object.keys(texts).map((name) => path.join(folder, name))], {encoding: "utf8"});
    for (const line of ours.trimEnd().split("\n")) {
      const [file, bytes, tokens, first, warm] = line.split(" ");
      const name = path.basename(file);
      let best = Infinity, count = 0;
      for (let pass = 0; pass < 3; pass++) {
        const started = process.cpuUsage();
        count = (await theirs.encode(texts[name], null, {addSpecialTokens: false})).getLength();
        const used = process.cpuUsage(started);
        best = Math.min(best, (used.user + used.system) / 1e6);
        if (best > 1) break;
      }
      console.log(`  ${name.padEnd(10)} ${warm.padStart(8)} (${first})  ${(Number(bytes) / 1e6 / best).toFixed(2).padStart(8)}` +
                  (count === Number(tokens) ? "" : `  tokens: ${tokens}, ${count}`));
    }
  }
} finally {
  rmSync(folder, {recursive: true});
}
