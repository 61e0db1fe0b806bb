// Texts and settings that bring out what tokenizers do differently; shared by compare_tokenizers.mjs and the maker of
// tests/data/tokenizer/folders.json.

/** The same numbers everywhere: mulberry32. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const words = ("the of and to in is that for it was as with be on not he by are this at from which but have an had they you " +
               "were their one all we can her has there been if more when will would who so no what don't I'LL we've She's THEY'RE " +
               "naïve café Übergröße straße señor Ångström résumé œuvre Zürich łódź İstanbul").split(" ");
const code = ["for (int i = 0; i < n; ++i) {\n\tsum += a[i];\n}", "def f(x):\n    return x ** 2  # square\n", "<div class=\"a\">&nbsp;</div>",
              "SELECT * FROM t WHERE id=42;", "{\"key\": [1, 2.5, null, true]}", "a->b::c<T>&& x|=~y;", "#include <vector>\r\n\r\n", "$PATH:/usr/bin",
              "\\frac{1}{2}", "https://example.org/a?b=c&d=%20", "0x1F 1e-9 1_000", "```js\nlet a = `x${y}`;\n```"];
const scripts = ["Привет, мир", "Γειά σου Κόσμε", "こんにちは世界", "你好，世界。", "안녕하세요 세계", "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया",
                 "สวัสดีชาวโลก", "Հայաստան", "გამარჯობა", "ሰላም ልዑል", "ᚠᛇᚻ", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "e\u0301a\u0308o\u0302", "\u1100\u1161\u11a8", "ﬁ ﬀ Ⅷ ½ ²",
                 "👋🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪", "😀😃😄", "†‡•…‰′″", "\u2581a\u2581\u2581b", "\ufffd\ufffdx\ufffd", "ſt 'ſ K"];
const spaces = [" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n ", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "        ", "\n\n\n\n\n", "\v\f"];
const written = ["<s>", "</s>", "<unk>", "<pad>", "<|begin_of_text|>", "<|eot_id|>", "<|end_of_text|>", "<0x0A>", "<s", "[INST]", "[/INST]",
                 "<<SYS>>", "<tool>", "[X]", "[XX]", "word", "<|im_end|>", "<left>", "<right>", "<both>", "naïve-token"];

function anyCharacters(random) {
  const ranges = [[0x20, 0x7e], [0xa0, 0x17f], [0x370, 0x5ff], [0x600, 0x6ff], [0x900, 0xdff], [0xe00, 0xfff], [0x1e00, 0x1fff],
                  [0x2000, 0x2bff], [0x3000, 0x30ff], [0x4e00, 0x9fff], [0xac00, 0xd7a3], [0xe000, 0xe0ff], [0xf900, 0xffef],
                  [0x10000, 0x100ff], [0x1d400, 0x1d7ff], [0x1f300, 0x1f9ff], [0x20000, 0x200ff], [0x01, 0x1f], [0x300, 0x36f]];
  let text = "";
  const [low, high] = ranges[random(ranges.length)];
  for (let count = 1 + random(6); count > 0; count--) text += String.fromCodePoint(low + random(high - low + 1));
  return text;
}

function digits(random) {
  let text = "";
  for (let count = 1 + random(9); count > 0; count--) text += random(10);
  return [text, `${text}.${random(100)}`, `-${text}`, `${text}٣४`, `${text}%`][random(5)];
}

/** One text of pieces of every kind, some of which meet without a blank. */
export function makeText(random) {
  const kinds = [() => words[random(words.length)], () => words[random(words.length)], () => words[random(words.length)].toUpperCase(),
                 () => code[random(code.length)], () => scripts[random(scripts.length)], () => spaces[random(spaces.length)],
                 () => written[random(written.length)], () => anyCharacters(random), () => digits(random),
                 () => ".,;:!?'\"()[]{}<>@#$%^&*-_=+|\\/~`"[random(32)].repeat(1 + random(4))];
  let text = "";
  for (let count = random(12); count >= 0; count--) {
    text += kinds[random(kinds.length)]();
    if (random(3) > 0) text += random(8) === 0 ? spaces[random(spaces.length)] : " ";
  }
  return text;
}

const added = (json) => json.added_tokens;
const ids = (vocab) => (Array.isArray(vocab) ? Object.fromEntries(vocab.map(([text], id) => [text, id])) : vocab);
const next = (json) => 1 + [...Object.values(ids(json.model.vocab)), ...added(json).map((token) => token.id)].reduce((a, b) => Math.max(a, b));
const token = (id, content, more) =>
  ({id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: false, ...more});

/** Tokens of every kind behind those there are. */
function withMore(json) {
  const more = [["<tool>", {}], ["[X]", {normalized: true}], ["[XX]", {normalized: true}], ["word", {single_word: true, normalized: true}],
                ["<|im_end|>", {special: true}], ["<left>", {lstrip: true}], ["<right>", {rstrip: true, special: true}],
                ["<both>", {lstrip: true, rstrip: true, normalized: true}], ["naïve-token", {}]];
  let id = next(json);
  return [...added(json), ...more.map(([content, settings]) => token(ids(json.model.vocab)[content] ?? id++, content, settings))];
}

const blank = {type: "Replace", pattern: {String: " "}, content: "▁"};
const prepend = {type: "Prepend", prepend: "▁"};
const metaspace = (scheme, split) => ({type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split});
const around = (step) => ({pre_tokenizer: step, decoder: {type: "Sequence", decoders: [{type: "ByteFallback"}, step]}});
const sequence = (key, list) => ({type: "Sequence", [key]: list});
const byteLevel = (prefix, regex) => ({type: "ByteLevel", add_prefix_space: prefix, trim_offsets: true, use_regex: regex});
const split = (pattern, behavior = "Isolated", invert = false) =>
  ({type: "Split", pattern: typeof pattern === "string" ? {Regex: pattern} : pattern, behavior, invert});
const cl100k = (digits) => "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits +
                           "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Changes of a SentencePiece-like tokenizer.json that are found in the field: [name, what takes the place of top-level members]. */
export function sentencePieceVariants(json) {
  const normalized = added(json).map((one) => ({...one, normalized: true}));
  const model = (more) => ({model: {...json.model, ...more}});
  const withoutBytes = {...json.model, byte_fallback: false,
                        vocab: Object.fromEntries(Object.entries(json.model.vocab).filter(([text]) => !/^<0x..>$/.test(text)))};
  return [
    ["legacy", {}],
    ["legacy, normalized tokens", {added_tokens: normalized}],
    ["legacy, more tokens", {added_tokens: withMore(json)}],
    ["no prefix", {normalizer: blank, added_tokens: withMore(json)}],
    ["metaspace first", {normalizer: null, ...around(metaspace("first", false)), added_tokens: withMore(json)}],
    ["metaspace always, split", {normalizer: null, ...around(metaspace("always", true)), added_tokens: withMore(json)}],
    ["metaspace never", {normalizer: null, ...around(metaspace("never", false))}],
    ["metaspace, digits", {normalizer: null, pre_tokenizer: sequence("pretokenizers", [metaspace("first", true), {type: "Digits", individual_digits: true}])}],
    ["composed", {normalizer: sequence("normalizers", [{type: "NFC"}, prepend, blank])}],
    ["pairs of merges", model({merges: json.model.merges.map((merge) => merge.split(" "))})],
    ["unknown, fused", {model: {...withoutBytes, fuse_unk: true}}],
    ["unknown, one by one", {model: {...withoutBytes, fuse_unk: false}}],
    ["compatible", {normalizer: sequence("normalizers", [{type: "NFKC"}, {type: "Strip", strip_left: true, strip_right: true}, prepend, blank])}],
    ["decomposed", {normalizer: sequence("normalizers", [{type: "NFD"}, {type: "StripAccents"}, {type: "Lowercase"}, {type: "Nmt"}, blank])}],
    ["compatible, decomposed", {normalizer: sequence("normalizers", [{type: "NFKD"}, {type: "Replace", pattern: {Regex: " {2,}|[a-c]+"}, content: "▁"}, blank])}],
    ["merged with what is in front", {normalizer: blank, pre_tokenizer: split({String: "▁"}, "MergedWithPrevious")}],
    ["merged with what is behind", {normalizer: blank, pre_tokenizer: split("[a-e.]", "MergedWithNext")}],
    ["whole words", {...model({ignore_merges: true}), normalizer: null, ...around(metaspace("first", true))}],
  ];
}

export function byteLevelVariants(json) {
  const steps = (...list) => ({pre_tokenizer: sequence("pretokenizers", list)});
  const merged = {model: {...json.model, ignore_merges: false}};
  return [
    ["llama3", {}],
    ["llama3, merged", merged],
    ["llama3, more tokens", {added_tokens: withMore(json)}],
    ["gpt2", {pre_tokenizer: byteLevel(false, true), ...merged}],
    ["gpt2, prefix", {pre_tokenizer: byteLevel(true, true), ...merged}],
    ["digits", {...steps({type: "Digits", individual_digits: true}, byteLevel(false, true)), ...merged}],
    ["runs of digits", {...steps({type: "Digits", individual_digits: false}, byteLevel(false, true)), ...merged}],
    ["qwen2", {...steps(split(cl100k("\\p{N}")), byteLevel(false, false)), normalizer: {type: "NFC"}, added_tokens: withMore(json), ...merged}],
    ["removed, inverted", {...steps(split(cl100k("\\p{N}{1,3}"), "Removed", true), byteLevel(false, false)), ...merged}],
    ["punctuation", {...steps({type: "Punctuation", behavior: "MergedWithPrevious"}, byteLevel(false, false)), ...merged}],
    ["contiguous", {...steps({type: "Punctuation", behavior: "Contiguous"}, split({String: " "}, "Contiguous", true), byteLevel(false, false)), ...merged}],
    ["words and marks", {...steps({type: "Whitespace"}, byteLevel(true, false)), ...merged}],
    ["one character cuts", {...steps({type: "CharDelimiterSplit", delimiter: "a"}, {type: "WhitespaceSplit"}, byteLevel(false, false)), ...merged}],
    ["scripts", {...steps(split("[\\p{Han}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Ll}\\p{M}\\p{Lo}&&[^\\p{Han}]]+"), byteLevel(false, false)), ...merged}],
    ["two in front", {post_processor: {type: "TemplateProcessing", single: [{SpecialToken: {id: "x", type_id: 0}}, {Sequence: {id: "A", type_id: 0}}],
                                       pair: [{Sequence: {id: "A", type_id: 0}}, {Sequence: {id: "B", type_id: 1}}],
                                       special_tokens: {x: {id: "x", ids: [5, 6], tokens: ["a", "b"]}}}}],
  ];
}
sentencePieceVariants.later = 6;  // of the list above: with fewer cases in folders.json
byteLevelVariants.later = 6;

export function unigramVariants(json) {
  const model = (more) => ({model: {...json.model, ...more}});
  const bytes = Array.from({length: 256}, (_, byte) => [`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, -90]);
  const meta = (scheme, split) => ({pre_tokenizer: metaspace(scheme, split), decoder: metaspace(scheme, split)});
  return [
    ["T5", {pre_tokenizer: metaspace("always", true)}],
    ["XLM-R", {}],
    ["ALBERT", {normalizer: sequence("normalizers", [{type: "Replace", pattern: {String: "``"}, content: "\""}, {type: "NFKD"}, {type: "StripAccents"},
                                                     {type: "Lowercase"}, json.normalizer])}],
    ["newer T5", {normalizer: sequence("normalizers", [json.normalizer, {type: "Strip", strip_left: false, strip_right: true},
                                                       {type: "Replace", pattern: {Regex: " {2,}"}, content: "▁"}]), ...meta("always", true)}],
    ["whole texts", {normalizer: null, ...meta("first", false), added_tokens: withMore(json)}],
    ["bytes", {...model({byte_fallback: true, vocab: [...json.model.vocab, ...bytes]}), normalizer: null, ...around(metaspace("never", true))}],
  ];
}
unigramVariants.later = 0;

export function wordPieceVariants(json) {
  const normalizer = (more) => ({normalizer: {...json.normalizer, ...more}});
  const bert = {type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2]};
  return [
    ["BERT", {}],
    ["cased", {...normalizer({lowercase: false}), post_processor: bert}],
    ["accents", {...normalizer({strip_accents: false}), decoder: {...json.decoder, cleanup: false}}],
    ["bare", {...normalizer({clean_text: false, handle_chinese_chars: false, strip_accents: true, lowercase: false})}],
    ["short words", {model: {...json.model, max_input_chars_per_word: 4}, added_tokens: withMore(json)}],
    ["words and marks", {pre_tokenizer: {type: "Whitespace"}}],
    ["none", {normalizer: null, pre_tokenizer: {type: "WhitespaceSplit"}}],
  ];
}
wordPieceVariants.later = 0;

const emoji = ["👍🏿", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇪🇺", "❤️‍🔥", "☺️", "🫠", "1️⃣", "©️"];
const broken = ["\ufffd", "\ufffd\ufffd\ufffd", "a\ufffdb", "\ufeff", "\u0000", "\u200b", "\u200d", "\ufe0f", "\uffff", "\u{10ffff}", "\ue000"];

/** Any character of Unicode that is no surrogate, planes 0 to 3 more often than the rest. */
function anyOfUnicode(random) {
  const character = 1 + (random(4) === 0 ? random(0x10ffff) : random(0x3ffff));
  return String.fromCodePoint(character >= 0xd800 && character < 0xe000 ? character - 0x2000 : character);
}

/** A text of makeText's pieces and of rarer ones: all of Unicode, stacked marks, runs, indented code, emoji, what broken UTF-8 becomes. */
export function makeWideText(random) {
  const many = (make, most) => Array.from({length: 1 + random(most)}, make).join("");
  const kinds = [() => makeText(random), () => makeText(random), () => many(() => anyOfUnicode(random), 5), () => emoji[random(emoji.length)],
                 () => broken[random(broken.length)], () => "aeiounsx"[random(8)] + many(() => String.fromCodePoint(0x300 + random(0x70)), 6),
                 () => "aZ0 \n.-_=#é中😀"[random(13)].repeat(1 + random(40)), () => "\n" + " ".repeat(random(17)) + code[random(code.length)],
                 () => many(() => String(random(10 ** (1 + random(9)))) + [",", ".", " ", "", "/", ":"][random(6)], 4)];
  return many(() => kinds[random(kinds.length)](), 3).toWellFormed();
}
