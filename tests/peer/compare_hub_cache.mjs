// Downloads one repository twice from a hub on loopback, by @huggingface/hub and by quantscope-cli get, and compares
// the two caches: blobs, links, refs.
//   node tests/peer/compare_hub_cache.mjs NODE_MODULES QUANTSCOPE_CLI
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const [modules, cli] = process.argv.slice(2).map((path) => resolve(path));
const { snapshotDownload } = await import(join(modules, "@huggingface/hub/dist/index.mjs"));

const repository = "some-owner/A.Model";
const commit = createHash("sha1").update("a commit").digest("hex");
const files = new Map([
  ["config.json", { content: Buffer.from('{"model_type": "llama"}\n') }],
  ["tokenizer.json", { content: randomBytes(70000) }],
  ["chat_template.jinja", { content: Buffer.from("{{ messages }}") }],
  ["additional_chat_templates/tool.jinja", { content: Buffer.from("{{ tools }}") }],
  ["model.safetensors.index.json", { content: Buffer.from("{}") }],
  ["model-00001-of-00002.safetensors", { content: randomBytes(3000000), isLarge: true }],
  ["model-00002-of-00002.safetensors", { content: randomBytes(2000000), isLarge: true }],
]);
for (const file of files.values()) {
  const blob = Buffer.concat([Buffer.from(`blob ${file.content.length}\0`), file.content]);
  file.oid = createHash("sha1").update(blob).digest("hex");
  file.sha256 = createHash("sha256").update(file.content).digest("hex");
  file.tag = file.isLarge ? file.sha256 : file.oid;
}
const entryOf = ([path, file]) => ({
  type: "file", path, oid: file.oid, size: file.content.length,
  ...(file.isLarge && { lfs: { oid: file.sha256, size: file.content.length, pointerSize: 134 } }),
});

function give(request, response, content, headers) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const first = range ? Number(range[1]) : 0;
  const last = range && range[2] ? Math.min(Number(range[2]), content.length - 1) : content.length - 1;
  const part = content.subarray(first, last + 1);
  response.writeHead(range ? 206 : 200, {
    ...headers, "Content-Length": part.length,
    ...(range && { "Content-Range": `bytes ${first}-${last}/${content.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : part);
}

let place;
const server = createServer((request, response) => {
  const url = new URL(request.url, place);
  const json = (value, headers = {}) => {
    response.writeHead(200, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
  const api = `/api/models/${repository}`;
  if (url.pathname === `${api}/revision/main`) return json({ id: repository, sha: commit });
  if (url.pathname === `${api}/tree/${commit}`) {
    const from = Number(url.searchParams.get("cursor") ?? 0);
    const entries = [...files].slice(from, from + 3).map(entryOf);
    const next = `${place}${api}/tree/${commit}?recursive=true&cursor=${from + 3}`;
    return json(entries, from + 3 < files.size ? { Link: `<${next}>; rel="next"` } : {});
  }
  if (url.pathname === `${api}/paths-info/${commit}`) {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => json([...files].filter(([path]) => JSON.parse(body).paths.includes(path)).map(entryOf)));
    return;
  }
  const path = decodeURIComponent(url.pathname);
  const file = files.get(path.replace(`/${repository}/resolve/${commit}/`, ""));
  const stored = [...files.values()].find(({ tag }) => path === `/store/${tag}`);
  if (stored) return give(request, response, stored.content, { ETag: '"of the store"' });
  if (!file) return response.writeHead(404, { "X-Error-Code": "EntryNotFound" }).end();
  const headers = { "X-Repo-Commit": commit, ETag: `"${file.tag}"` };
  if (!file.isLarge) return give(request, response, file.content, headers);
  response.writeHead(302, {
    ...headers, "X-Linked-Size": file.content.length, "X-Linked-ETag": `"${file.tag}"`,
    Location: `http://localhost:${server.address().port}/store/${file.tag}`,
  });
  response.end();
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
place = `http://127.0.0.1:${server.address().port}`;

/** Everything below a folder: links by where they point, files by their content; locks are nobody's data. */
function described(folder, path = "") {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.name === ".locks") return [];
    if (entry.isDirectory()) return described(folder, inside);
    const what = entry.isSymbolicLink() ? `-> ${readlinkSync(join(folder, inside))}`
      : createHash("sha256").update(readFileSync(join(folder, inside))).digest("hex");
    return [`${inside} ${what}`];
  }).sort();
}

const work = mkdtempSync(join(tmpdir(), "hub-cache-"));
console.debug = () => {};
await snapshotDownload({ repo: { type: "model", name: repository }, cacheDir: join(work, "theirs"), hubUrl: place });
const environment = { HOME: work, HF_HUB_CACHE: join(work, "ours"), HF_ENDPOINT: place };
await promisify(execFile)(cli, ["get", `hf:${repository}`], { env: environment });
const theirs = described(join(work, "theirs")), ours = described(join(work, "ours"));
const differences = [...theirs.filter((line) => !ours.includes(line)).map((line) => `only theirs: ${line}`),
                     ...ours.filter((line) => !theirs.includes(line)).map((line) => `only ours: ${line}`)];
console.log(differences.length === 0 ? `equal: ${ours.length} entries` : differences.join("\n"));
rmSync(work, { recursive: true });
server.close();
process.exitCode = differences.length === 0 ? 0 : 1;
