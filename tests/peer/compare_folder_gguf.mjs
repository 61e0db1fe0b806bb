// Writes GGUF files from a Hugging Face folder of the Llama family and gives them to llama.cpp:
//   node compare_folder_gguf.mjs FOLDER NODE_MODULES CLI [--only REGEX] [--texts 200] [--limit 1e-4]
// NODE_MODULES has node-llama-cpp and @anush008/tokenizers (Hugging Face's tokenizers) installed, CLI is our quantscope-cli.
// - Every file loads, and llama.cpp's logits equal ours of the same file, and for fp32, fp16 and bf16 those we compute from
//   the folder itself: KL in nats (compare_llama_cpp.mjs).
// - llama.cpp cuts texts into the same tokens with the file as Hugging Face's tokenizers with the folder.
// Exits 1 when a mean KL of fp32 or fp16 is over the limit, or a text has other tokens.
import {execFileSync, spawnSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import path from "node:path";
import {pathToFileURL, fileURLToPath} from "node:url";
import {readArguments} from "./arguments.mjs";

const {words: [folder, modules, cli], options} = readArguments(
  "usage: node compare_folder_gguf.mjs FOLDER NODE_MODULES CLI [--only REGEX] [--texts 200] [--limit 1e-4]",
  ["FOLDER", "NODE_MODULES", "CLI"], {"--only": ".", "--texts": "200", "--limit": "1e-4"});
const here = path.dirname(fileURLToPath(import.meta.url));
const formats = [["--scheme", "fp32"], ["--scheme", "fp16"], ["--scheme", "bf16"], ["--scheme", "q8_0"], ["--recipe", "Q4_K_M"]]
  .filter(([, name]) => new RegExp(options["--only"]).test(name));
const scratch = mkdtempSync(path.join(tmpdir(), "quantscope-peer-"));
let failed = false;

function compare(file, name, ours) {
  const run = spawnSync("node", [path.join(here, "compare_llama_cpp.mjs"), file, modules, cli, "--ours", ours], {encoding: "utf8"});
  const line = run.stdout.trim().split("\n").at(-1) || run.stderr.trim().split("\n")[0];
  const mean = Number(/mean KL ([^,]+)/.exec(line)?.[1]);
  const isExact = name === "fp32" || name === "fp16";
  if (!(mean >= 0 || mean < 0) || (isExact && Math.abs(mean) > Number(options["--limit"]))) failed = true;
  console.log(`${name} against ${ours === file ? "the file" : "the folder"}: ${line}`);
}

/** Words, numbers, code, blanks, other scripts and special tokens, put together at random but the same every time. */
function someTexts(count) {
  let seed = 1;
  const random = (n) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  const words = readFileSync(path.join(here, "README.md"), "utf8").split(/\s+/);
  const odd = ["\n", "\n\n", "  ", "\t", "é", "naïve", "日本語", "한국어", "🙂", "123456", "don't", "I'M", "x=1;", "▁", "a▁b", "…", "\u00a0"];
  return ["", " ", "Hello world", "  two blanks", "one\ntwo\r\nthree", ...Array.from({length: count}, () =>
    Array.from({length: 1 + random(14)}, () => (random(4) === 0 ? odd[random(odd.length)] : words[random(words.length)]) +
      (random(5) === 0 ? "" : " ")).join(""))];
}

async function compareTokens(file) {
  const {getLlama} = await import(pathToFileURL(path.resolve(modules, "node-llama-cpp/dist/index.js")).href);
  const {Tokenizer} = createRequire(path.resolve(modules, "x"))("@anush008/tokenizers");
  const llama = await getLlama({gpu: false, build: "never", progressLogs: false, logLevel: "error"});
  const model = await llama.loadModel({modelPath: file, gpuLayers: 0, vocabOnly: true});
  const theirs = Tokenizer.fromFile(path.join(folder, "tokenizer.json"));
  const tokenizer = await theirs;
  const texts = someTexts(Number(options["--texts"]));
  let other = 0;
  for (const text of texts) {
    const expected = (await tokenizer.encode(text, null, {addSpecialTokens: false})).getIds();
    const found = model.tokenize(text, true);
    if (JSON.stringify(expected) === JSON.stringify(found)) continue;
    if (other++ < 5) console.log(`${JSON.stringify(text)}: ${expected} in the folder, ${found} in the file`);
  }
  console.log(`${texts.length} texts, ${other} have other tokens in llama.cpp than in Hugging Face's tokenizers`);
  failed ||= other !== 0;
  await llama.dispose();
}

try {
  for (const [index, [option, name]] of formats.entries()) {
    const file = path.join(scratch, `${name}.gguf`);
    execFileSync(cli, ["quantize", folder, option, name, "-o", file]);
    compare(file, name, file);
    if (/^(fp32|fp16|bf16)$/.test(name)) compare(file, name, folder);
    if (index === 0) await compareTokens(file);
    rmSync(file);
  }
} finally {
  rmSync(scratch, {recursive: true});
}
process.exit(failed ? 1 : 0);
