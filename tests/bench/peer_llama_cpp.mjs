// Speed of llama.cpp on the same device and file as ours, through the npm package node-llama-cpp (not a dependency of the
// app; install it anywhere and name its folder):
//   node peer_llama_cpp.mjs MODEL.gguf NODE_MODULES [--device vulkan|cpu] [--prompt N] [--tokens N] [--runs N] [--ours PROGRAM] [--scheme SCHEME]
// With --ours (bench_gpu, or quantscope-cli, which has the CPU, too) both programs run alternately and the ratio of the
// medians is printed: other work on the machine then slows both. --scheme (quantscope-cli) is what our weights become.
import {execFileSync} from "node:child_process";
import {pathToFileURL} from "node:url";
import os from "node:os";
import path from "node:path";
import {readArguments} from "../peer/arguments.mjs";

const {words: [model, modules], options} = readArguments(
  "usage: node peer_llama_cpp.mjs MODEL.gguf NODE_MODULES [--device vulkan|cpu] [--prompt N] [--tokens N] [--runs N] [--ours PROGRAM] [--scheme SCHEME]",
  ["MODEL.gguf", "NODE_MODULES"], {"--device": "vulkan", "--prompt": 32, "--tokens": 6, "--runs": 3, "--ours": null, "--scheme": null});
const promptCount = Number(options["--prompt"]), tokenCount = Number(options["--tokens"]);
const runs = Number(options["--runs"]), ours = options["--ours"];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// llama.cpp leaves devices of type CPU out unless they are named.
process.env.GGML_VK_VISIBLE_DEVICES ??= "0";
const {getLlama} = await import(pathToFileURL(path.resolve(modules, "node-llama-cpp/dist/index.js")).href);
const llama = await getLlama({gpu: options["--device"] === "cpu" ? false : "vulkan", build: "never", progressLogs: false, logLevel: "error"});
const loaded = await llama.loadModel({modelPath: model, gpuLayers: "max", ignoreMemorySafetyChecks: true});
const context = await loaded.createContext({threads: os.availableParallelism(), contextSize: promptCount + tokenCount + 8, ignoreMemorySafetyChecks: true});
const sequence = context.getSequence();
const vocabulary = 259;  // ids that every vocabulary has
const prompt = Array.from({length: promptCount}, (_, i) => 3 + (i * 7919 + 11) % vocabulary);

async function runPeer() {
  await sequence.clearHistory();
  let start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(prompt);
  const prefill = promptCount / (performance.now() - start) * 1000;
  start = performance.now();
  for (let i = 0; i < tokenCount; i++) await sequence.evaluateWithoutGeneratingNewTokens([3 + i]);
  return {prefill, decode: tokenCount / (performance.now() - start) * 1000};
}

function runOurs() {
  const isCli = path.basename(ours) === "quantscope-cli";
  const words = isCli ? ["bench", model, "--device", options["--device"], "-p", promptCount, "-n", tokenCount, "-r", 1, "--json", ...(options["--scheme"] ? ["--scheme", options["--scheme"]] : [])]
                      : [model, "--prompt", promptCount, "--tokens", tokenCount, "--runs", "1", "--json"];
  const text = execFileSync(ours, words.map(String));
  const result = JSON.parse(text);
  return {prefill: result.prefill_tokens_per_s, decode: result.decode_tokens_per_s};
}

await runPeer();  // compiles shaders
const peer = [], own = [];
for (let i = 0; i < runs; i++) {
  peer.push(await runPeer());
  if (ours) own.push(runOurs());
}
for (const phase of ["prefill", "decode"]) {
  const theirs = median(peer.map((run) => run[phase]));
  let line = `${phase}: llama.cpp ${llama.gpu || "cpu"} ${theirs.toFixed(2)} tokens/s`;
  if (ours) {
    const mine = median(own.map((run) => run[phase]));
    line += `, ours ${mine.toFixed(2)} tokens/s, ratio ${(mine / theirs).toFixed(2)}`;
  }
  console.log(line);
}
process.exit(0);
