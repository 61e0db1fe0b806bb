// What is typed, what a server calls its files, and what may become a path.
#include "app/remote/content_digest.h"
#include "app/remote/event_stream.h"
#include "app/remote/get_model.h"
#include "app/remote/hub_variants.h"
#include "app/remote/ollama_registry.h"
#include "app/remote/url.h"
#include "app/session/hugging_face_store.h"
#include "remote_place.h"

#include <fcntl.h>
#include <unistd.h>

using namespace app::remote;

class TestRemoteNames : public QObject {
  Q_OBJECT
 private slots:
  void hubNames();
  void hubNamesThatAreNone_data();
  void hubNamesThatAreNone();
  void hubFolders();
  void copiedNames_data();
  void copiedNames();
  void ollamaNames();
  void ollamaNamesThatAreNone_data();
  void ollamaNamesThatAreNone();
  void quantizations_data();
  void quantizations();
  void pathsOfServers_data();
  void pathsOfServers();
  void variants();
  void addresses();
  void digests();
  void eventStreams_data();
  void eventStreams();
  void eventsAreBounded();

 private:
  RemotePlace m_place;
};

void TestRemoteNames::hubNames() {
  const auto name = app::parseHubName("hf:Qwen/Qwen3-0.6B-GGUF:BF16/a-00001-of-00002.gguf@refs/pr/1");
  QCOMPARE(name.repository, std::string("Qwen/Qwen3-0.6B-GGUF"));
  QCOMPARE(name.variant, std::string("BF16/a-00001-of-00002.gguf"));
  QCOMPARE(name.revision, std::string("refs/pr/1"));
  QCOMPARE(name.toString(), std::string("hf:Qwen/Qwen3-0.6B-GGUF:BF16/a-00001-of-00002.gguf@refs/pr/1"));
  QCOMPARE(app::parseHubName("hf:gpt2").revision, std::string("main"));
  QCOMPARE(app::parseHubName("hf:_a/b:Q4_K_M").toString(), std::string("hf:_a/b:Q4_K_M"));
}

void TestRemoteNames::hubNamesThatAreNone_data() {
  QTest::addColumn<QString>("name");
  for (const char* name :
       {"hf:", "hf:a/b/c", "hf:../x", "hf:a/..", "hf:a--b/c", "hf:a/b.", "hf:-a/b", "hf:a b/c", "hf:/a", "hf:a/",
        "hf:a/b@", "hf:a/b@../../x", "hf:a/b@/x", "hf:a/b@x//y", "hf:a/b@.x", "a/b", "hf:a/b\n", "hf:a/b@x\x1b[31m"})
    QTest::newRow(name) << QString::fromUtf8(name);
  QTest::newRow("long") << "hf:a/" + QString(200, 'x');
}

void TestRemoteNames::hubNamesThatAreNone() {
  QFETCH(QString, name);
  const std::string sentence = sentenceOf([&] { app::parseHubName(name.toStdString()); });
  QVERIFY2(sentence.find("no name of a model on the Hugging Face hub") != std::string::npos, qPrintable(name));
}

void TestRemoteNames::hubFolders() {
  QCOMPARE(app::hubCacheFolder(), m_place.path(".cache/huggingface/hub"));
  qputenv("XDG_CACHE_HOME", "/x");
  QCOMPARE(app::hubCacheFolder(), std::filesystem::path("/x/huggingface/hub"));
  qputenv("HF_HOME", "~/h");
  QCOMPARE(app::hubCacheFolder(), m_place.path("h/hub"));
  qputenv("HF_HUB_CACHE", "/c");
  QCOMPARE(app::hubCacheFolder(), std::filesystem::path("/c"));
  QCOMPARE(app::hubRepositoryFolder("/c", "a/b"), std::filesystem::path("/c/models--a--b"));
  QCOMPARE(app::hubRepositoryFolder("/c", "gpt2"), std::filesystem::path("/c/models--gpt2"));
  for (const char* name : {"XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE"}) qunsetenv(name);
}

void TestRemoteNames::copiedNames_data() {
  QTest::addColumn<QString>("typed");
  QTest::addColumn<QString>("name");
  const auto row = [](const char* typed, const char* name) { QTest::newRow(typed) << typed << name; };
  row(" hf:a/b:Q4_K_M ", "hf:a/b:Q4_K_M");
  row("https://huggingface.co/a/b", "hf:a/b");
  row("https://huggingface.co/a/b/tree/main?x=1", "hf:a/b");
  row("https://hf.co/a/b?x", "hf:a/b");
  row("a/b", "hf:a/b");
  row("ollama run llama3.2:1b", "ollama:llama3.2:1b");
  row("https://ollama.com/library/qwen3:0.6b", "ollama:qwen3:0.6b");
  row("https://ollama.com/me/mine", "ollama:me/mine");
  row("/home/me", "/home/me");
  row("./a", "./a");
  row("model.gguf", "model.gguf");
  row("  ", "");
}

void TestRemoteNames::copiedNames() {
  QFETCH(QString, typed);
  QFETCH(QString, name);
  QCOMPARE(QString::fromStdString(remoteNameFrom(typed.toStdString())), name);
}

void TestRemoteNames::ollamaNames() {
  const auto name = parseOllamaName("ollama:llama3.1:8b");
  QCOMPARE(name.url("manifests", name.tag), std::string("https://registry.ollama.ai/v2/library/llama3.1/manifests/8b"));
  QCOMPARE(name.toString(), std::string("llama3.1:8b"));
  QCOMPARE(parseOllamaName("ollama:me/mine").toString(), std::string("me/mine:latest"));
  QCOMPARE(parseOllamaName("ollama:hf.co/me/mine.gguf:Q4_K_M").url("blobs", "x"),
           std::string("https://hf.co/v2/me/mine.gguf/blobs/x"));
  const auto near = parseOllamaName("ollama:http://127.0.0.1:8080/library/x:y");
  QCOMPARE(near.url("a", "b"), std::string("http://127.0.0.1:8080/v2/library/x/a/b"));
  QCOMPARE(near.toString(), std::string("http://127.0.0.1:8080/library/x:y"));
}

void TestRemoteNames::ollamaNamesThatAreNone_data() {
  QTest::addColumn<QString>("name");
  for (const char* name :
       {"ollama:", "ollama::x", "ollama:x:", "ollama:..", "ollama:../x", "ollama:a/../b", "ollama:a/b/c/d",
        "ollama:ftp://a/b/c", "ollama:a b", "ollama:a.b/c", "ollama:-x", "ollama:x:../y", "ollama://x"})
    QTest::newRow(name) << QString::fromUtf8(name);
}

void TestRemoteNames::ollamaNamesThatAreNone() {
  QFETCH(QString, name);
  const std::string sentence = sentenceOf([&] { parseOllamaName(name.toStdString()); });
  QVERIFY2(sentence.find("no name of an Ollama model") != std::string::npos, qPrintable(name));
}

void TestRemoteNames::quantizations_data() {
  QTest::addColumn<QString>("path");
  QTest::addColumn<QString>("quantization");
  const auto row = [](const char* path, const char* quantization) { QTest::newRow(path) << path << quantization; };
  row("Qwen3-0.6B-Q8_0.gguf", "Q8_0");
  row("gemma-3-1b-it-q4_0.gguf", "Q4_0");
  row("Llama-3.2-1B-Instruct.IQ2_XXS.gguf", "IQ2_XXS");
  row("UD/Qwen3-UD-Q4_K_XL.gguf", "UD-Q4_K_XL");
  row("BF16/gpt-oss-BF16-00001-of-00002.gguf", "BF16");
  row("gpt-oss-20b-mxfp4.gguf", "MXFP4");
  row("Q4_K_M/model.gguf", "Q4_K_M");
  row("phi-4-mini-TQ1_0.gguf", "TQ1_0");
  row("model-f16.gguf", "F16");
  row("model.gguf", "");
  row("Qwen-7B.gguf", "");
}

void TestRemoteNames::quantizations() {
  QFETCH(QString, path);
  QFETCH(QString, quantization);
  QCOMPARE(QString::fromStdString(app::quantizationInName(path.toStdString()).value_or("")), quantization);
  const double bits = bitsInName(quantization.toStdString());
  QVERIFY(quantization.isEmpty() ? bits == 0 : bits > 1 && bits < 17);
}

void TestRemoteNames::pathsOfServers_data() {
  QTest::addColumn<QString>("path");
  QTest::addColumn<bool>("isPlain");
  for (const char* path : {"a", "a/b.gguf", "über/名前.json", "..a/b..", ".hidden"})
    QTest::newRow(path) << path << true;
  for (const char* path : {"", "/a", "../a", "a/../../b", "a/..", ".", "a//b", "a/", "a\\..\\b", "a\nb", "a\x1b[2Jb",
                           "a\xE2\x80\xAE"
                           "b"})
    QTest::newRow(path) << QString::fromUtf8(path) << false;
  QTest::newRow("long part") << QString(256, 'x') << false;
  QTest::newRow("long") << QString("x/").repeated(600) + "x" << false;
}

void TestRemoteNames::pathsOfServers() {
  QFETCH(QString, path);
  QFETCH(bool, isPlain);
  const std::string sentence = sentenceOf([&] { requirePlainPath(path.toStdString(), "https://example.org"); });
  QCOMPARE(sentence.empty(), isPlain);
}

void TestRemoteNames::variants() {
  const std::string digest(40, 'a');
  const auto files = [&](std::initializer_list<std::pair<const char*, std::uint64_t>> list) {
    std::vector<RemoteFile> all;
    for (const auto& [path, bytes] : list) all.push_back({path, bytes, digest});
    return all;
  };
  const auto described = [&](const std::vector<RemoteFile>& all) {
    std::string text;
    for (const auto& variant : variantsOf(all, "hf:a/b")) {
      text += variant.name + "=" + std::to_string(variant.bytes) + "[";
      for (const auto& file : variant.files) text += file.path + " ";
      text += "]";
    }
    return text;
  };
  QCOMPARE(described(files({{"m-Q8_0.gguf", 20},
                            {"m-Q4_K_M.gguf", 10},
                            {"mmproj-m-F16.gguf", 5},
                            {"m.imatrix.gguf", 1},
                            {"README.md", 1}})),
           std::string("Q4_K_M=10[m-Q4_K_M.gguf ]Q8_0=20[m-Q8_0.gguf ]"));
  // All parts together, and none where one is missing.
  QCOMPARE(
      described(files(
          {{"B/m-F16-00002-of-00002.gguf", 2}, {"B/m-F16-00001-of-00002.gguf", 1}, {"m-Q8_0-00001-of-00002.gguf", 7}})),
      std::string("F16=3[B/m-F16-00001-of-00002.gguf B/m-F16-00002-of-00002.gguf ]"));
  // Two models of one quantization are told apart by their files.
  QCOMPARE(described(files({{"a-Q4_0.gguf", 1}, {"b-Q4_0.gguf", 2}})),
           std::string("a-Q4_0.gguf=1[a-Q4_0.gguf ]b-Q4_0.gguf=2[b-Q4_0.gguf ]"));
  QCOMPARE(described(files({{"model-00001-of-00002.safetensors", 4},
                            {"model-00002-of-00002.safetensors", 4},
                            {"model.safetensors.index.json", 1},
                            {"config.json", 1},
                            {"tokenizer.model", 1},
                            {"merges.txt", 1},
                            {"chat_template.jinja", 1},
                            {"additional_chat_templates/tool.jinja", 1},
                            {"pytorch_model.bin", 99},
                            {"pytorch_model.bin.index.json", 1},
                            {"consolidated.safetensors", 8},
                            {"onnx/model.safetensors", 8},
                            {"README.md", 1}})),
           std::string("safetensors=14[model-00001-of-00002.safetensors model-00002-of-00002.safetensors "
                       "model.safetensors.index.json config.json tokenizer.model merges.txt chat_template.jinja "
                       "additional_chat_templates/tool.jinja ]"));
  // How an encoder's rows are pooled is no less a part of it than its config.
  QCOMPARE(described(files({{"1_Pooling/config.json", 1},
                            {"2_Dense/config.json", 1},
                            {"config.json", 1},
                            {"model.safetensors", 3},
                            {"modules.json", 1}})),
           std::string("safetensors=6[model.safetensors 1_Pooling/config.json config.json modules.json ]"));
  QCOMPARE(described(files({{"adapter_config.json", 1}, {"adapter_model.safetensors", 3}})),
           std::string("safetensors=4[adapter_model.safetensors adapter_config.json ]"));
  QCOMPARE(described(files({{"pytorch_model.bin", 9}})), std::string());
}

void TestRemoteNames::addresses() {
  const Url server("https://Example.org/a/b");
  QVERIFY(server.isSameServer(Url("https://example.org:443/other")));
  QVERIFY(!server.isSameServer(Url("https://example.org:444/")) && !server.isSameServer(Url("http://example.org/")));
  QVERIFY(!server.isSameServer(Url("https://example.org.evil.net/")) &&
          !server.isSameServer(Url("https://evil.net/@example.org")));
  QVERIFY(Url("http://example.org/").isSameServer(server) && !Url("http://example.org:81/").isSameServer(server));
  QCOMPARE(server.resolve("../c?d").text(), std::string("https://Example.org/c?d"));
  QCOMPARE(percentEncodedPath("a b/ü#?.gguf"), std::string("a%20b/%C3%BC%23%3F.gguf"));
  QCOMPARE(percentEncoded("refs/pr/1"), std::string("refs%2Fpr%2F1"));
}

// What sha256sum(1) and git-hash-object(1) say of "hello\n".
void TestRemoteNames::digests() {
  writeTo(m_place.path("hello"), "hello\n");
  const int descriptor = ::open(m_place.path("hello").c_str(), O_RDONLY);
  const std::string sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
  const std::string git = "ce013625030ba8dba906f756967f9e9ca394464a";
  QCOMPARE(digestOf(descriptor, 6, sha256, {}), sha256);
  QCOMPARE(digestOf(descriptor, 6, git, {}), git);
  ::close(descriptor);
  QVERIFY(isSha256(sha256) && isGitSha1(git) && !isSha256(git) && !isGitSha1(sha256) &&
          !isGitSha1(std::string(40, 'G')));
}

void TestRemoteNames::eventStreams_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("events");
  const auto row = [](const char* text, const char* events) {
    QTest::newRow(text) << QString::fromUtf8(text) << events;
  };
  row("data: a\n\n", "message=a;");
  row("data:a\r\rdata: b\r\n\r\n", "message=a;message=b;");
  row(": comment\nevent: x\nid: 7\nretry: 1\nother\ndata:  two spaces\n\n", "x= two spaces;");
  row("data\ndata\n\n", "message=\n;");
  row("event: forgotten\n\ndata: a\n\n", "message=a;");
  row("\xEF\xBB\xBF"
      "data: a\n\n",
      "message=a;");
  row("data: a\n\ndata: cut", "message=a;");
  row("data: [DONE]\n\n", "message=[DONE];");
}

void TestRemoteNames::eventStreams() {
  QFETCH(QString, text);
  QFETCH(QString, events);
  const std::string bytes = text.toStdString();
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {  // wherever the network cuts
    std::string seen;
    EventStream stream([&](const EventStream::Event& event) { seen += event.name + "=" + event.data + ";"; }, "here");
    for (std::size_t at = 0; at < bytes.size(); at += piece) stream.feed(std::string_view(bytes).substr(at, piece));
    QCOMPARE(QString::fromStdString(seen), events);
  }
}

void TestRemoteNames::eventsAreBounded() {
  EventStream stream([](const EventStream::Event&) {}, "\"here\"", 1000);
  const std::string line = "data: " + std::string(100, 'x') + "\n";
  const auto [kind, sentence] = faultOf([&] {
    for (int i = 0; i < 20; ++i) stream.feed(line);
  });
  QCOMPARE(kind, RemoteFault::Answer);
  EventStream endless([](const EventStream::Event&) {}, "\"here\"", 1000);
  QCOMPARE(faultOf([&] {
             for (int i = 0; i < 20; ++i) endless.feed(std::string(100, 'x'));
           }).first,
           RemoteFault::Answer);
}

QTEST_GUILESS_MAIN(TestRemoteNames)
#include "tst_remote_names.moc"
