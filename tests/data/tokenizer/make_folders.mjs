// Makes folders.json: four small tokenizers trained here, changes of them as they are found in the field, and what Hugging
// Face's tokenizers library (in Rust, npm package @anush008/tokenizers 0.6.0) makes of a few texts.
//   node make_folders.mjs NODE_MODULES > folders.json
import {createRequire} from "node:module";
import path from "node:path";
import {byteLevel, sentencePiece, unigram, wordPiece} from "../../peer/small_tokenizers.mjs";
import {byteLevelVariants, makeText, randomNumbers, sentencePieceVariants, unigramVariants, wordPieceVariants} from "../../peer/tokenizer_texts.mjs";

const {Tokenizer} = createRequire(import.meta.url)(path.resolve(process.argv[2], "@anush008/tokenizers"));
const kTexts = 120, kTraining = 1500;

const random = randomNumbers(11);
const training = Array.from({length: kTraining}, () => makeText(random));
const texts = Array.from({length: kTexts}, () => makeText(random));
const result = {texts, tokenizers: []};
for (const [base, variants] of [[sentencePiece(training), sentencePieceVariants], [byteLevel(training), byteLevelVariants],
                               [unigram(training), unigramVariants], [wordPiece(training), wordPieceVariants]]) {
  const tokenizer = {json: base, variants: []};
  for (const [v, [name, change]] of variants(base).entries()) {
    const theirs = Tokenizer.fromString(JSON.stringify({...base, ...change}));
    const cases = [];
    const every = base.model.type === "BPE" && v < variants(base).length - variants.later ? 2 : 4;  // half of the texts, or a quarter, which keeps the file small
    for (let i = v % every; i < kTexts; i += every) {
      const ids = (await theirs.encode(texts[i], null, {addSpecialTokens: false})).getIds();
      cases.push({text: i, ids: Array.from(ids), ...(v === 0 ? {decoded: await theirs.decode(Array.from(ids), true)} : {})});
    }
    // A change of the vocabulary is large, and can be told in a few words.
    const {model: changed, ...rest} = change;
    if (changed) {
      rest.model = Object.fromEntries(Object.entries(changed).filter(([key, value]) => key !== "vocab" && JSON.stringify(value) !== JSON.stringify(base.model[key])));
      if (!("<0x00>" in changed.vocab) && "<0x00>" in base.model.vocab) rest.withoutBytes = true;
      if (changed.vocab.length > base.model.vocab.length) rest.withBytes = true;
      if (rest.model.merges) delete rest.model.merges, rest.pairs = true;
    }
    tokenizer.variants.push({name, change: rest, cases});
  }
  result.tokenizers.push(tokenizer);
}
// One case a line: differences between two versions of this file can be read.
console.log(JSON.stringify(result).replaceAll(/(\{"text":\d|\{"name":|\{"json":)/g, "\n$1"));
