// Speed of llama.cpp on the same device and file as ours, through the npm package node-llama-cpp (not a dependency of the
// app; install it anywhere and name its folder):
//   node peer_llama_cpp.mjs MODEL.gguf NODE_MODULES [--device vulkan|cpu] [--prompt N,N,…] [--tokens N] [--runs N]
//     [--ours PROGRAM] [--scheme SCHEME | --recipe RECIPE] [--json FILE]
// With --ours (bench_gpu, or quantscope-cli, which has the CPU, too) both programs run in turn and the ratio of the
// medians is printed: other work on the machine then slows both. Several lengths of the prompt (128,1024,4096) make a
// table in Markdown: what reading so many tokens takes, and decoding behind them. --json writes all of it, every run
// included; "-" is the standard output. --scheme or --recipe (quantscope-cli) is what our weights become:
// stored:activations=int8_dynamic for 8-bit inputs, which is what llama.cpp's CPU computes with. Under `taskset -c 0` both
// programs have one thread.
import {execFileSync} from "node:child_process";
import {writeFileSync} from "node:fs";
import {pathToFileURL} from "node:url";
import os from "node:os";
import path from "node:path";
import {readArguments} from "../peer/arguments.mjs";

const {words: [model, modules], options} = readArguments(
  "usage: node peer_llama_cpp.mjs MODEL.gguf NODE_MODULES [--device vulkan|cpu] [--prompt N,N,…] [--tokens N] [--runs N] [--ours PROGRAM] [--scheme SCHEME | --recipe RECIPE] [--json FILE]",
  ["MODEL.gguf", "NODE_MODULES"],
  {"--device": "vulkan", "--prompt": 32, "--tokens": 6, "--runs": 3, "--ours": null, "--scheme": null, "--recipe": null, "--json": null});
const promptCounts = String(options["--prompt"]).split(",").map(Number), tokenCount = Number(options["--tokens"]);
const runs = Number(options["--runs"]), ours = options["--ours"];
if (![...promptCounts, tokenCount, runs].every((count) => Number.isInteger(count) && count > 0)) {
  console.error("--prompt, --tokens and --runs are whole numbers above 0, prompts apart by commas.");
  process.exit(2);
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// llama.cpp leaves devices of type CPU out unless they are named.
process.env.GGML_VK_VISIBLE_DEVICES ??= "0";
const {getLlama} = await import(pathToFileURL(path.resolve(modules, "node-llama-cpp/dist/index.js")).href);
const llama = await getLlama({gpu: options["--device"] === "cpu" ? false : "vulkan", build: "never", progressLogs: false, logLevel: "error"});
const loaded = await llama.loadModel({modelPath: model, gpuLayers: "max", ignoreMemorySafetyChecks: true});
const context = await loaded.createContext({threads: os.availableParallelism(), contextSize: Math.max(...promptCounts) + tokenCount + 8, ignoreMemorySafetyChecks: true});
const sequence = context.getSequence();
const vocabulary = 259;  // ids that every vocabulary has
const promptOf = (count) => Array.from({length: count}, (_, i) => 3 + (i * 7919 + 11) % vocabulary);

async function runPeer(count) {
  await sequence.clearHistory();
  let start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(promptOf(count));
  const prefill = count / (performance.now() - start) * 1000;
  start = performance.now();
  for (let i = 0; i < tokenCount; i++) await sequence.evaluateWithoutGeneratingNewTokens([3 + i]);
  return {prefill, decode: tokenCount / (performance.now() - start) * 1000};
}

function runOurs(count) {
  const isCli = path.basename(ours) === "quantscope-cli";
  const words = isCli ? ["bench", model, "--device", options["--device"], "-p", count, "-n", tokenCount, "-r", 1, "--json", ...["--scheme", "--recipe"].flatMap((name) => options[name] ? [name, options[name]] : [])]
                      : [model, "--prompt", count, "--tokens", tokenCount, "--runs", "1", "--json"];
  const text = execFileSync(ours, words.map(String));
  const result = JSON.parse(text);
  return {prefill: result.prefill_tokens_per_s, decode: result.decode_tokens_per_s};
}

async function measure(count) {
  await runPeer(count);  // compiles shaders
  const peer = [], own = [];
  for (let i = 0; i < runs; i++) {
    peer.push(await runPeer(count));
    if (ours) own.push(runOurs(count));
  }
  const figures = {prompt_tokens: count, tokens: tokenCount};
  for (const phase of ["prefill", "decode"]) {
    const of = (list) => list.map((run) => run[phase]);
    const theirs = median(of(peer)), mine = ours ? median(of(own)) : null;
    figures[phase] = {llama_cpp: theirs, ours: mine, ratio: ours ? mine / theirs : null, llama_cpp_runs: of(peer), our_runs: of(own)};
  }
  return figures;
}

function printLines(figures) {
  for (const phase of ["prefill", "decode"]) {
    const {llama_cpp: theirs, ours: mine, ratio} = figures[phase];
    console.log(`${phase}: llama.cpp ${llama.gpu || "cpu"} ${theirs.toFixed(2)} tokens/s` +
                (ours ? `, ours ${mine.toFixed(2)} tokens/s, ratio ${ratio.toFixed(2)}` : ""));
  }
}

function printTable(all) {
  const number = (value) => value === null ? "" : value.toFixed(2);
  const cells = ({llama_cpp: theirs, ours: mine, ratio}) => [mine, theirs, ratio].map(number);
  console.log(`${path.basename(model)}, ${llama.gpu || "cpu"}, tokens/s; medians of ${runs} runs in turn, ${tokenCount} tokens decoded\n`);
  console.log("| prompt | prefill: ours | llama.cpp | ratio | decode: ours | llama.cpp | ratio |");
  console.log("|---:|---:|---:|---:|---:|---:|---:|");
  for (const figures of all)
    console.log(`| ${[figures.prompt_tokens, ...cells(figures.prefill), ...cells(figures.decode)].join(" | ")} |`);
}

const all = [];
for (const count of promptCounts) all.push(await measure(count));
if (options["--json"] !== "-") all.length === 1 ? printLines(all[0]) : printTable(all);
if (options["--json"]) {
  const json = JSON.stringify({model: path.basename(model), device: llama.gpu || "cpu", runs, lengths: all}, null, 2) + "\n";
  options["--json"] === "-" ? process.stdout.write(json) : writeFileSync(options["--json"], json);
}
process.exit(0);
