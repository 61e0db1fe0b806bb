// Makes folders.json: two small tokenizers trained here, changes of them as they are found in the field, and what Hugging
// Face's tokenizers library (in Rust, npm package @anush008/tokenizers 0.6.0) makes of a few texts.
//   node make_folders.mjs NODE_MODULES > folders.json
import {createRequire} from "node:module";
import path from "node:path";
import {byteLevelVariants, makeText, randomNumbers, sentencePieceVariants} from "../../peer/tokenizer_texts.mjs";

const {Tokenizer} = createRequire(import.meta.url)(path.resolve(process.argv[2], "@anush008/tokenizers"));
const kTexts = 120, kMerges = 220, kTraining = 1500;

/** BPE by counting (Sennrich et al. 2016) over words that are lists of symbols: the merges, most frequent pair first. */
function train(words) {
  const merges = [];
  while (merges.length < kMerges) {
    const counts = new Map();
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        const pair = word[i - 1] + " " + word[i];
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best, count] = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a), ["", 0]);
    if (count < 3) break;
    merges.push(best);
    const [left, right] = best.split(" ");
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        if (word[i - 1] === left && word[i] === right) word.splice(i - 1, 2, left + right);
      }
    }
  }
  return merges;
}

const joined = (merges) => merges.map((merge) => merge.replace(" ", ""));
const number = (texts) => Object.fromEntries([...new Set(texts)].map((text, id) => [text, id]));
const addedToken = (id, content) => ({id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true});
const model = (vocab, merges, more) => ({type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
                                         fuse_unk: false, byte_fallback: false, ignore_merges: false, vocab, merges, ...more});

function sentencePiece(texts) {
  const merges = train(texts.flatMap((text) => text.split(" ").map((word) => ["▁", ...word])));
  const bytes = Array.from({length: 256}, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const letters = [..."▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"()[]<>/\\-=éüñПривет日本"];
  const used = merges.flatMap((merge) => merge.split(" ").flatMap((part) => [...part]));
  const vocab = number(["<unk>", "<s>", "</s>", ...bytes, ...letters, ...used, ...joined(merges)]);
  const start = {SpecialToken: {id: "<s>", type_id: 0}}, text = {Sequence: {id: "A", type_id: 0}};
  return {version: "1.0", truncation: null, padding: null, added_tokens: ["<unk>", "<s>", "</s>"].map((content, id) => addedToken(id, content)),
          normalizer: {type: "Sequence", normalizers: [{type: "Prepend", prepend: "▁"}, {type: "Replace", pattern: {String: " "}, content: "▁"}]},
          pre_tokenizer: null,
          post_processor: {type: "TemplateProcessing", single: [start, text], pair: [start, text, start, {Sequence: {id: "B", type_id: 1}}],
                           special_tokens: {"<s>": {id: "<s>", ids: [1], tokens: ["<s>"]}}},
          decoder: {type: "Sequence", decoders: [{type: "Replace", pattern: {String: "▁"}, content: " "}, {type: "ByteFallback"}, {type: "Fuse"},
                                                 {type: "Strip", content: " ", start: 1, stop: 0}]},
          model: model(vocab, merges, {unk_token: "<unk>", fuse_unk: true, byte_fallback: true})};
}

function byteLevel(texts) {
  const isPrintable = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  let next = 0x100;
  const letters = Array.from({length: 256}, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
  const symbols = (text) => [...Buffer.from(text, "utf8")].map((byte) => letters[byte]);
  const merges = train(texts.flatMap((text) => text.split(/(?= )/).map(symbols)));
  const vocab = number([...letters, ...joined(merges)]);
  const count = Object.keys(vocab).length;
  const regex = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const step = {type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false};
  return {version: "1.0", truncation: null, padding: null,
          added_tokens: ["<|begin_of_text|>", "<|eot_id|>"].map((content, i) => addedToken(count + i, content)), normalizer: null,
          pre_tokenizer: {type: "Sequence", pretokenizers: [{type: "Split", pattern: {Regex: regex}, behavior: "Isolated", invert: false}, step]},
          post_processor: step, decoder: step, model: model(vocab, merges, {ignore_merges: true})};
}

const random = randomNumbers(11);
const training = Array.from({length: kTraining}, () => makeText(random));
const texts = Array.from({length: kTexts}, () => makeText(random));
const result = {texts, tokenizers: []};
for (const [base, variants] of [[sentencePiece(training), sentencePieceVariants], [byteLevel(training), byteLevelVariants]]) {
  const tokenizer = {json: base, variants: []};
  for (const [v, [name, change]] of variants(base).entries()) {
    const theirs = Tokenizer.fromString(JSON.stringify({...base, ...change}));
    const cases = [];
    for (let i = v % 2; i < kTexts; i += 2) {  // half of the texts, which keeps the file small
      const ids = (await theirs.encode(texts[i], null, {addSpecialTokens: false})).getIds();
      cases.push({text: i, ids: Array.from(ids), ...(v === 0 ? {decoded: await theirs.decode(Array.from(ids), true)} : {})});
    }
    // A change of the vocabulary is large, and can be told in a few words.
    const {model: changed, ...rest} = change;
    if (changed) {
      rest.model = Object.fromEntries(Object.entries(changed).filter(([key, value]) => key !== "vocab" && JSON.stringify(value) !== JSON.stringify(base.model[key])));
      if (!("<0x00>" in changed.vocab) && "<0x00>" in base.model.vocab) rest.withoutBytes = true;
      if (rest.model.merges) delete rest.model.merges, rest.pairs = true;
    }
    tokenizer.variants.push({name, change: rest, cases});
  }
  result.tokenizers.push(tokenizer);
}
// One case a line: differences between two versions of this file can be read.
console.log(JSON.stringify(result).replaceAll(/(\{"text":\d|\{"name":|\{"json":)/g, "\n$1"));
