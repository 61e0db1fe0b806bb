// Asks llama.cpp (npm package node-llama-cpp) for the ids of the texts in byte_level.json under each pre-tokenizer and
// writes them back. Run in a folder where node-llama-cpp is installed:  node byte_level_ids.mjs FOLDER_OF_THIS_FILE
import fs from 'fs';
import path from 'path';
import {createRequire} from 'module';
import {pathToFileURL} from 'url';

const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || folder.startsWith('-') || more.length > 0) {
  const isHelp = folder === '--help' || folder === '-h';
  (isHelp ? console.log : console.error)('usage: node byte_level_ids.mjs FOLDER_OF_THIS_FILE');
  process.exit(isHelp ? 0 : 2);
}

const resolve = createRequire(path.join(process.cwd(), 'any.js')).resolve;
const {getLlama} = await import(pathToFileURL(resolve('node-llama-cpp')));

const names = ['default', 'llama-bpe', 'qwen2', 'gpt-2', 'smollm', 'falcon', 'tekken', 'gpt-4o', 'deepseek-llm',
               'deepseek-coder', 'deepseek-v3', 'starcoder', 'bloom', 'viking', 'stablelm2', 'command-r', 'dbrx'];
const vocabulary = fs.readFileSync(path.join(folder, 'byte_level.gguf'));
const golden = JSON.parse(fs.readFileSync(path.join(folder, 'byte_level.json'), 'utf8'));

// The same file with another value of tokenizer.ggml.pre: key, type (4 bytes), length (8 bytes), text.
function withPreTokenizer(name) {
  const key = 'tokenizer.ggml.pre';
  const at = vocabulary.indexOf(key) + key.length + 4;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(name)));
  const rest = vocabulary.subarray(at + 8 + Number(vocabulary.readBigUInt64LE(at)));
  return Buffer.concat([vocabulary.subarray(0, at), length, Buffer.from(name), rest, Buffer.alloc(64)]);
}

const llama = await getLlama({gpu: false, build: 'never', logLevel: 'error'});
golden.pre = {};
for (const name of names) {
  fs.writeFileSync('vocabulary.gguf', withPreTokenizer(name));
  const model = await llama.loadModel({modelPath: 'vocabulary.gguf', vocabOnly: true});
  const ids = (special) => golden.texts.map((text) => Array.from(model.tokenize(text, special)));
  golden.pre[name] = {plain: ids(false), special: ids(true)};
  await model.dispose();
}
fs.rmSync('vocabulary.gguf');
fs.writeFileSync(path.join(folder, 'byte_level.json'), JSON.stringify(golden) + '\n');
process.exit(0);
