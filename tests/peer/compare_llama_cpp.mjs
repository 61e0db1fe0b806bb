// Compares our logits with llama.cpp's, token by token, for any GGUF file that both can run:
//   node compare_llama_cpp.mjs MODEL.gguf NODE_MODULES CLI [--tokens 1,2,3] [--device cpu] [--limit KL] [--ours FILE.gguf]
// NODE_MODULES is the node_modules folder that node-llama-cpp was installed in, CLI our quantscope-cli.
// Prints KL(llama.cpp || ours) in nats after every token; with --limit, exits 1 when the mean is greater. With --ours our
// program reads that file instead: llama.cpp may then be given the same weights as float32, which it does not round.
import {execFileSync} from "node:child_process";
import {mkdtempSync, readFileSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {pathToFileURL} from "node:url";
import {readArguments} from "./arguments.mjs";

const {words: [model, modules, cli], options} = readArguments(
  "usage: node compare_llama_cpp.mjs MODEL.gguf NODE_MODULES CLI [--tokens 1,2,3] [--device cpu] [--limit KL] " +
  "[--ours FILE.gguf]",
  ["MODEL.gguf", "NODE_MODULES", "CLI"], {"--tokens": null, "--device": "cpu", "--limit": null, "--ours": null});
const device = options["--device"], limit = options["--limit"];
// Ids that every vocabulary has, in an order no text has: what the model makes of them is all the same here.
const scattered = Array.from({length: 32}, (_, i) => 3 + ((i * 7919 + 11) % 250));
const tokens = options["--tokens"]?.split(",").map(Number) ?? [1, ...scattered];

/** One array of probabilities per token, as llama.cpp's CPU backend gives them at temperature 1. */
async function theirProbabilities() {
  const {getLlama} = await import(pathToFileURL(path.resolve(modules, "node-llama-cpp/dist/index.js")).href);
  const llama = await getLlama({gpu: false, build: "never", progressLogs: false, logLevel: "error"});
  const loaded = await llama.loadModel({modelPath: model, gpuLayers: 0});
  const context = await loaded.createContext({contextSize: Math.max(tokens.length + 8, 64)});
  const sequence = context.getSequence();
  // Every filter of the sampler off: the probabilities of the whole vocabulary.
  const generateNext = {probabilities: true, options: {temperature: 1, topK: 0, topP: 1, minP: 0}};
  const results = await sequence.controlledEvaluate(tokens.map((token) => [token, {generateNext}]));
  const rows = results.map((result) => result.next.probabilities);
  await llama.dispose();
  return rows;
}

/** Rows of the [tokens, vocabulary] float32 array that `quantscope-cli logits` writes. */
function ourLogits() {
  const folder = mkdtempSync(path.join(tmpdir(), "quantscope-peer-"));
  try {
    const file = path.join(folder, "logits.npy");
    execFileSync(cli, ["logits", options["--ours"] ?? model, "--tokens", tokens.join(","), "--device", device, "-o", file]);
    const bytes = readFileSync(file);
    const headerLength = bytes[6] === 1 ? 10 + bytes.readUInt16LE(8) : 12 + bytes.readUInt32LE(8);
    const header = bytes.toString("latin1", 0, headerLength);
    const shape = /'shape': \((\d+), (\d+)\)/.exec(header);
    if (!header.includes("'<f4'") || !shape) throw new Error(`Unexpected header of the npy file: ${header}`);
    const vocabulary = Number(shape[2]);
    return tokens.map((_, row) =>
      Float64Array.from({length: vocabulary}, (_, i) => bytes.readFloatLE(headerLength + 4 * (row * vocabulary + i))));
  } finally {
    rmSync(folder, {recursive: true});
  }
}

function klDivergence(probabilities, logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const logSum = largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
  let divergence = 0;
  for (const [token, p] of probabilities) {
    if (p > 0) divergence += p * (Math.log(p) - (logits[token] - logSum));
  }
  return divergence;
}

const theirs = await theirProbabilities();
const ours = ourLogits();
const divergences = theirs.map((probabilities, i) => klDivergence(probabilities, ours[i]));
let sameTop = 0;
for (const [i, divergence] of divergences.entries()) {
  const theirTop = [...theirs[i]].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  const ourTop = ours[i].indexOf(ours[i].reduce((a, b) => Math.max(a, b)));
  sameTop += theirTop === ourTop ? 1 : 0;
  console.log(`token ${i} (${tokens[i]}): KL ${divergence.toExponential(3)}  top ${theirTop} / ${ourTop}`);
}
const mean = divergences.reduce((a, b) => a + b) / divergences.length;
console.log(`${path.basename(model)} on ${device}: mean KL ${mean.toExponential(3)}, maximum ` +
            `${Math.max(...divergences).toExponential(3)}, same top token ${sameTop} of ${tokens.length}`);
process.exit(limit !== null && !(mean <= Number(limit)) ? 1 : 0);
