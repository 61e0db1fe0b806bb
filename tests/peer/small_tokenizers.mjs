// Small tokenizers of every model, trained here on generated texts; shared by compare_tokenizers.mjs and the maker of
// tests/data/tokenizer/folders.json.
import {readFileSync} from "node:fs";

const kMerges = 220;

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

export function sentencePiece(texts) {
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

export function byteLevel(texts) {
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

/** The most frequent parts of words, up to six characters, and every character that occurs often: [text, how often]. */
function frequentParts(words, most) {
  const counts = new Map();
  for (const word of words) {
    for (let begin = 0; begin < word.length; begin++)
      for (let end = begin + 1; end <= Math.min(word.length, begin + 6); end++) {
        const part = word.slice(begin, end).join("");
        counts.set(part, (counts.get(part) ?? 0) + 1);
      }
  }
  const order = (a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
  const all = [...counts].sort(order);
  return [...all.filter(([text]) => [...text].length === 1).slice(0, 90), ...all.filter(([text]) => [...text].length > 1).slice(0, most)];
}

/** Scores are logarithms of frequencies. What stands beside the model is T5's and XLM-R's. */
export function unigram(texts) {
  const parts = frequentParts(texts.flatMap((text) => text.split(/\s+/).map((word) => ["▁", ...word])), 260);
  const total = parts.reduce((sum, [, count]) => sum + count, 0);
  const special = ["<s>", "<pad>", "</s>", "<unk>"];
  const vocab = [...special.map((text) => [text, 0]), ...parts.map(([text, count]) => [text, Math.fround(Math.log(count / total))])];
  const metaspace = {type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true};
  const charsmap = readFileSync(new URL("../data/tokenizer/charsmap.base64", import.meta.url), "utf8").trim();
  return {version: "1.0", truncation: null, padding: null, added_tokens: special.map((content, id) => addedToken(id, content)),
          normalizer: {type: "Precompiled", precompiled_charsmap: charsmap},
          pre_tokenizer: {type: "Sequence", pretokenizers: [{type: "WhitespaceSplit"}, metaspace]},
          post_processor: {type: "TemplateProcessing", single: [{Sequence: {id: "A", type_id: 0}}, {SpecialToken: {id: "</s>", type_id: 0}}],
                           pair: [{Sequence: {id: "A", type_id: 0}}, {Sequence: {id: "B", type_id: 0}}, {SpecialToken: {id: "</s>", type_id: 0}}],
                           special_tokens: {"</s>": {id: "</s>", ids: [2], tokens: ["</s>"]}}},
          decoder: metaspace, model: {type: "Unigram", unk_id: 3, vocab, byte_fallback: false}};
}

export function wordPiece(texts) {
  const words = texts.flatMap((text) => text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase().split(/\s+|(?=\p{P})|(?<=\p{P})/u));
  const parts = frequentParts(words.map((word) => [...word]), 300).map(([text]) => text);
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const vocab = number([...special, ...parts, ...parts.map((text) => "##" + text)]);
  return {version: "1.0", truncation: null, padding: null, added_tokens: special.map((content, id) => addedToken(id, content)),
          normalizer: {type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true},
          pre_tokenizer: {type: "BertPreTokenizer"},
          post_processor: {type: "TemplateProcessing",
                           single: [{SpecialToken: {id: "[CLS]", type_id: 0}}, {Sequence: {id: "A", type_id: 0}}, {SpecialToken: {id: "[SEP]", type_id: 0}}],
                           pair: [{SpecialToken: {id: "[CLS]", type_id: 0}}, {Sequence: {id: "A", type_id: 0}}, {SpecialToken: {id: "[SEP]", type_id: 0}},
                                  {Sequence: {id: "B", type_id: 1}}, {SpecialToken: {id: "[SEP]", type_id: 1}}],
                           special_tokens: {"[CLS]": {id: "[CLS]", ids: [2], tokens: ["[CLS]"]}, "[SEP]": {id: "[SEP]", ids: [3], tokens: ["[SEP]"]}}},
          decoder: {type: "WordPiece", prefix: "##", cleanup: true},
          model: {type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab}};
}
