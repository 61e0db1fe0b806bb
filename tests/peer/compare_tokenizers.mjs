// A folder's tokenizer.json in Hugging Face's tokenizers and in this program:
//   node compare_tokenizers.mjs FOLDER NODE_MODULES CLI [--model MODEL] [--texts 2000] [--seed 1]
// NODE_MODULES has @anush008/tokenizers. MODEL (FOLDER unless given) is what the program tokenizes with: the GGUF file that FOLDER was
// made of, or "demo". Texts are random: words, digits, blanks, scripts, emoji, controls, pieces of the vocabulary, special tokens.
// Exits 1 when a text has other ids.
import {execFileSync} from "node:child_process";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import {readArguments} from "./arguments.mjs";

const {words: [folder, modules, cli], options} = readArguments(
  "usage: node compare_tokenizers.mjs FOLDER NODE_MODULES CLI [--model MODEL] [--texts 2000] [--seed 1]",
  ["FOLDER", "NODE_MODULES", "CLI"], {"--model": "", "--texts": "2000", "--seed": "1"});
const {Tokenizer} = createRequire(path.resolve(modules, "x.js"))("@anush008/tokenizers");
const file = path.join(folder, "tokenizer.json");
const tokenizer = Tokenizer.fromFile(file), content = JSON.parse(readFileSync(file, "utf8"));
const vocabulary = Object.keys(content.model.vocab), special = content.added_tokens.map((token) => token.content);
let state = BigInt(options["--seed"]) * 2862933555777941757n + 1n;
const random = (below) => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number((state >> 33n) % BigInt(below));
};
const any = (list) => list[random(list.length)];
const words = ["the", "Hello", "world", "quantization", "don't", "I'LL", "x86_64", "3.14159", "1234567", "naïve", "Straße", "Привет", "こんにちは", "你好", "مرحبا",
  "한국어", "👍🏽", "👨‍👩‍👧", "e\u0301", "ﬁ", "…", "—", "€", "\u00a0", "\u200b", "\t", "\n", "\r\n", "  ", "    ", "\0", "\x7f", "▁", "▁▁", "<0x0A>", "_", "!!!", "(", ")", "'s", "'"];
const text = () => Array.from({length: 1 + random(12)}, () => {
  const kind = random(10);
  if (kind < 5) return any(words) + (random(2) ? " " : "");
  if (kind < 7) return any(vocabulary);
  if (kind < 8) return any(special) ?? "";
  return String.fromCodePoint(...Array.from({length: 1 + random(3)}, () => any([random(128), random(0x800), 0x800 + random(0xd000), 0x10000 + random(0x10000)])));
}).join("").replaceAll("\0", "");
let wrong = 0;
for (let i = 0; i < Number(options["--texts"]); i++) {
  const one = text();
  if (one.startsWith("-") || one === "") continue;
  const theirs = (await tokenizer.encode(one, null, {addSpecialTokens: false})).getIds();
  const ours = JSON.parse(execFileSync(cli, ["tokenize", options["--model"] || folder, one, "--special", "--json"], {encoding: "utf8", maxBuffer: 1 << 26})).tokens;
  if (JSON.stringify(ours) !== JSON.stringify(theirs) && wrong++ < 10) console.log(JSON.stringify(one), "\n  theirs", theirs.join(" "), "\n  ours  ", ours.join(" "));
}
console.log(`${wrong} of ${options["--texts"]} texts have other ids`);
process.exit(wrong ? 1 : 0);
