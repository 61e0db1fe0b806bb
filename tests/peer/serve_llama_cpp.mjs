// A server with OpenAI's API over llama.cpp, to try what Quantscope's Chat makes of a real one:
//   node serve_llama_cpp.mjs MODEL.gguf NODE_MODULES [--port 8099] [--key KEY] [--top 20] [--threads 1]
// NODE_MODULES is the node_modules folder that node-llama-cpp was installed in. Listens on 127.0.0.1 alone. Answers
// GET /v1/models, POST /v1/chat/completions and /v1/completions, streamed or not, with log-probabilities of temperature 1
// as llama.cpp's CPU backend computes them. With --key it answers 401 to everybody else.
import http from "node:http";
import path from "node:path";
import {pathToFileURL} from "node:url";
import {readArguments} from "./arguments.mjs";

const {words: [file, modules], options} = readArguments(
  "usage: node serve_llama_cpp.mjs MODEL.gguf NODE_MODULES [--port 8099] [--key KEY] [--top 20] [--threads 1]",
  ["MODEL.gguf", "NODE_MODULES"], {"--port": "8099", "--key": null, "--top": "20", "--threads": "1"});
const load = (name) => import(pathToFileURL(path.resolve(modules, name)).href);
const {getLlama} = await load("node-llama-cpp/dist/index.js");
const {Template} = await load("@huggingface/jinja/dist/index.js");
const llama = await getLlama({gpu: false, build: "never", progressLogs: false, logLevel: "error",
                              maxThreads: Number(options["--threads"])});
const model = await llama.loadModel({modelPath: file, gpuLayers: 0});
const context = await model.createContext({contextSize: Math.min(model.trainContextSize, 4096)});
const sequence = context.getSequence();
const metadata = model.fileInfo.metadata;
const name = metadata.general?.name ?? path.basename(file);

/** Tokens of what the model is asked. */
function promptOf(request) {
  if (request.prompt !== undefined) return model.tokenize(String(request.prompt), false);
  const text = new Template(metadata.tokenizer.chat_template).render({
    messages: request.messages, add_generation_prompt: true,
    bos_token: model.tokens.bosString ?? "", eos_token: model.tokens.eosString ?? ""});
  return model.tokenize(text, true);
}

/** A pseudo-random number in [0, 1) for a seed: mulberry32. */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The next token under a temperature; 0 is greedy. */
function choose(ranked, temperature, random) {
  if (!(temperature > 0)) return ranked[0][0];
  const weights = ranked.map(([, p]) => Math.exp(Math.log(p) / temperature));
  let rest = random() * weights.reduce((a, b) => a + b, 0);
  return ranked[weights.findIndex((weight) => (rest -= weight) < 0)]?.[0] ?? ranked[0][0];
}

/** {token, text, alternatives: [[text, log-probability]]}, one after the other. */
async function* generate(request) {
  const prompt = promptOf(request);
  if (model.tokens.shouldPrependBosToken && prompt[0] !== model.tokens.bos) prompt.unshift(model.tokens.bos);
  const random = randomOf(request.seed ?? 0);
  const generateNext = {probabilities: true, options: {temperature: 1, topK: 0, topP: 1, minP: 0}};
  await sequence.clearHistory();
  let input = prompt, last = prompt.at(-1);
  for (let i = 0; i < (request.max_tokens ?? 256); ++i) {
    const results = await sequence.controlledEvaluate(
      input.map((token, index) => index + 1 === input.length ? [token, {generateNext}] : token));
    const ranked = [...results.at(-1).next.probabilities].filter(([, p]) => p > 0).sort((a, b) => b[1] - a[1]);
    const token = choose(ranked, request.temperature ?? 1, random);
    if (model.isEogToken(token)) return;
    const text = (one) => model.detokenize([one], true, [last]);
    yield {text: text(token), own: ranked.find(([one]) => one === token)[1],
           alternatives: ranked.slice(0, Number(options["--top"])).map(([one, p]) => [text(one), Math.log(p)])};
    last = token;
    input = [token];
  }
  yield null;  // cut off
}

const entryOf = (text, logprob) => ({token: text, logprob, bytes: [...Buffer.from(text)]});

/** A piece of an answer in either dialect. */
function pieceOf(step, request, isChat) {
  const asked = isChat ? (request.logprobs ? request.top_logprobs ?? 0 : -1) : request.logprobs ?? -1;
  const top = step.alternatives.slice(0, Math.max(asked, 0));
  if (isChat) {
    const logprobs = asked < 0 ? null : {content: [{...entryOf(step.text, Math.log(step.own)),
                                                    top_logprobs: top.map(([text, value]) => entryOf(text, value))}]};
    return {index: 0, delta: {content: step.text}, logprobs, finish_reason: null};
  }
  const logprobs = asked < 0 ? null : {tokens: [step.text], token_logprobs: [Math.log(step.own)],
                                       top_logprobs: [Object.fromEntries(top)]};
  return {index: 0, text: step.text, logprobs, finish_reason: null};
}

async function answer(request, isChat, response) {
  const frame = (choices) => ({id: "answer", object: isChat ? "chat.completion.chunk" : "text_completion",
                               model: name, choices});
  const send = (object) => response.write(`data: ${JSON.stringify(object)}\n\n`);
  response.writeHead(200, {"Content-Type": "text/event-stream"});
  let reason = "stop";
  for await (const step of generate(request)) {
    if (step === null) reason = "length";
    else send(frame([pieceOf(step, request, isChat)]));
    if (response.destroyed) return;
  }
  send(frame([{index: 0, ...(isChat ? {delta: {}} : {text: ""}), finish_reason: reason}]));
  response.end("data: [DONE]\n\n");
}

let queue = Promise.resolve();  // one sequence: one answer at a time
const server = http.createServer(async (request, response) => {
  const fail = (status, message) => {
    response.writeHead(status, {"Content-Type": "application/json"});
    response.end(JSON.stringify({error: {message}}));
  };
  if (options["--key"] && request.headers.authorization !== `Bearer ${options["--key"]}`)
    return fail(401, `Incorrect API key: ${request.headers.authorization ?? "none"}`);
  if (request.url === "/v1/models") {
    response.writeHead(200, {"Content-Type": "application/json"});
    return response.end(JSON.stringify({object: "list", data: [{id: name, object: "model"}]}));
  }
  const isChat = request.url === "/v1/chat/completions";
  if (request.method !== "POST" || (!isChat && request.url !== "/v1/completions")) return fail(404, "Nothing there");
  let body = "";
  for await (const piece of request) body += piece;
  queue = queue.then(() => answer(JSON.parse(body), isChat, response)).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(Number(options["--port"]), "127.0.0.1",
              () => console.log(`${name} answers at http://127.0.0.1:${server.address().port}/v1`));
