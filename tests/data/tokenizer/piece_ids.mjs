// Makes unigram.gguf and word_piece.gguf (metadata without tensors) of small vocabularies trained on generated texts, and
// pieces.json: what llama.cpp (npm package node-llama-cpp) makes of a few texts with them. Run in a folder where node-llama-cpp is
// installed:  node piece_ids.mjs FOLDER_OF_THIS_FILE
import fs from "fs";
import path from "path";
import {createRequire} from "module";
import {pathToFileURL} from "url";
import {unigram, wordPiece} from "../../peer/small_tokenizers.mjs";
import {makeText, randomNumbers} from "../../peer/tokenizer_texts.mjs";

const folder = process.argv[2];
if (folder === undefined || folder.startsWith("-") || process.argv.length > 3) {
  console.error("usage: node piece_ids.mjs FOLDER_OF_THIS_FILE");
  process.exit(2);
}
const resolve = createRequire(path.join(process.cwd(), "any.js")).resolve;
const {getLlama} = await import(pathToFileURL(resolve("node-llama-cpp")));

const uint = (value, bytes) => {
  const out = Buffer.alloc(bytes);
  bytes === 8 ? out.writeBigUInt64LE(BigInt(value)) : out.writeUInt32LE(value);
  return out;
};
const text = (value) => Buffer.concat([uint(Buffer.byteLength(value), 8), Buffer.from(value)]);
const float = (value) => {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return out;
};
const types = {u32: 4, f32: 6, i32: 5, bool: 7, text: 8, u8: 0};
const encoders = {u32: (v) => uint(v, 4), i32: (v) => uint(v, 4), f32: float, bool: (v) => Buffer.from([v ? 1 : 0]), text, u8: (v) => Buffer.from([v])};
const entry = (key, type, value) => Array.isArray(value)
  ? Buffer.concat([text(key), uint(9, 4), uint(types[type], 4), uint(value.length, 8), ...value.map(encoders[type])])
  : Buffer.concat([text(key), uint(types[type], 4), encoders[type](value)]);

function gguf(entries) {
  const tokenizer = entries.map(([key, type, value]) => entry(`tokenizer.ggml.${key}`, type, value));
  return Buffer.concat([Buffer.from("GGUF"), uint(3, 4), uint(0, 8), uint(tokenizer.length + 1, 8),
                        entry("general.architecture", "text", "llama"), ...tokenizer, Buffer.alloc(64)]);
}

const kNormal = 1, kUnknown = 2, kControl = 3;
const random = randomNumbers(11);
const training = Array.from({length: 1500}, () => makeText(random));

function unigramFile() {
  const {model, normalizer} = unigram(training);
  const type = (id) => (id === 3 ? kUnknown : id < 3 ? kControl : kNormal);
  return gguf([["model", "text", "t5"], ["pre", "text", "default"], ["tokens", "text", model.vocab.map(([token]) => token)],
               ["scores", "f32", model.vocab.map(([, score]) => score)], ["token_type", "i32", model.vocab.map((_, id) => type(id))],
               ["precompiled_charsmap", "u8", [...Buffer.from(normalizer.precompiled_charsmap, "base64")]],
               ["remove_extra_whitespaces", "bool", true], ["add_space_prefix", "bool", true], ["bos_token_id", "u32", 0],
               ["eos_token_id", "u32", 2], ["unknown_token_id", "u32", 3], ["add_bos_token", "bool", false], ["add_eos_token", "bool", true]]);
}

function wordPieceFile() {
  // By number; U+2581 is what GGUF files mark words with.
  const tokens = Object.entries(wordPiece(training).model.vocab).sort((a, b) => a[1] - b[1]).map(([token]) => token).filter((token) => !token.includes("▁"));
  const written = tokens.map((token, id) => (id < 5 ? token : token.startsWith("##") ? token.slice(2) : "▁" + token));
  return gguf([["model", "text", "bert"], ["pre", "text", "default"], ["tokens", "text", written],
               ["scores", "f32", tokens.map(() => -1000)], ["token_type", "i32", tokens.map((_, id) => (id < 5 ? kControl : kNormal))],
               ["bos_token_id", "u32", 2], ["cls_token_id", "u32", 2], ["eos_token_id", "u32", 3], ["seperator_token_id", "u32", 3],
               ["unknown_token_id", "u32", 1], ["padding_token_id", "u32", 0]]);
}

const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});
// Where llama.cpp and the library that BERTs were trained with differ (decomposed Hangul, U+0085), we do as the latter.
const texts = Array.from({length: 70}, () => makeText(random)).filter((one) => !/[\uac00-\ud7a3\u0085]/.test(one));
const result = {texts};
for (const [name, bytes] of [["unigram", unigramFile()], ["word_piece", wordPieceFile()]]) {
  const file = path.join(folder, `${name}.gguf`);
  fs.writeFileSync(file, bytes);
  const model = await llama.loadModel({modelPath: file, vocabOnly: true});
  const ids = (special) => texts.map((one) => Array.from(model.tokenize(one, special)));
  result[name] = {plain: ids(false), special: ids(true)};
  await model.dispose();
}
fs.writeFileSync(path.join(folder, "pieces.json"), JSON.stringify(result).replaceAll("]],\"", "]],\n\"") + "\n");
process.exit(0);
