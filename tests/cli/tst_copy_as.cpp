#include <QtTest>
#include <set>

#include "app/session/copy_as.h"
#include "cli_process.h"
#include "core/model/recipe/other_model.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/registry.h"

using namespace app;
using core::model::Recipe;

namespace {

Copied copied(const char* scheme, CopyTarget target) { return copyAs(core::model::recipeFromText(scheme), target); }

/// Parentheses, brackets and braces outside of strings close in the order in which they open.
bool isBalanced(const std::string& text) {
  std::string open;
  bool isString = false, isComment = false;
  for (const char c : text) {
    if (c == '\n') isComment = false;
    if (!isString && c == '#') isComment = true;
    if (c == '"' && !isComment) isString = !isString;
    if (isString || isComment) continue;
    if (c == '(' || c == '[' || c == '{') open += c;
    if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || open.back() != (c == ')' ? '(' : c == ']' ? '[' : '{')) return false;
      open.pop_back();
    }
  }
  return open.empty() && !isString;
}

}  // namespace

class TestCopyAs : public QObject {
  Q_OBJECT

  static void check(const Recipe& recipe) {
    const auto all = copyAs(recipe);
    QCOMPARE(all.size(), copyTargets().size());
    std::set<CopyTarget> seen;
    for (const Copied& one : all) {
      const QByteArray what = QByteArray::fromStdString(recipe.toString() + " as " + std::string(info(one.target).id));
      QVERIFY2(seen.insert(one.target).second, what);
      QVERIFY2(one.isPossible() || !one.notes.empty(), what);
      QVERIFY2(isBalanced(one.text), what + "\n" + one.text.c_str());
      QVERIFY2(one.text.empty() || one.text.back() == '\n', what);
      for (const std::string& note : one.notes)
        QVERIFY2(note.size() > 10 && (note.back() == '.' || note.back() == '"'), what + ": " + note.c_str());
    }
  }

 private Q_SLOTS:
  void everyPresetHasAnAnswerOrAReason() {
    for (const auto& preset : core::quant::presets()) check(preset.scheme);
    for (const auto& type : core::model::allFileTypes()) check(type.type);
  }

  // What nobody else has at all is few: logarithms, k-means, MX of six bits.
  void mostPresetsCanBeAskedForSomewhere() {
    QStringList nowhere;
    for (const auto& preset : core::quant::presets()) {
      const auto all = copyAs(preset.scheme);
      if (std::none_of(all.begin(), all.end(), [](const Copied& one) { return one.isPossible(); }))
        nowhere << QString::fromStdString(preset.scheme.toString());
    }
    for (const QString& scheme : nowhere) {
      const bool isOfOurs = scheme.startsWith(QLatin1String("log")) || scheme.startsWith(QLatin1String("kmeans")) ||
                            scheme.startsWith(QLatin1String("mx_")) || scheme.contains(QLatin1String("percentile")) ||
                            scheme.startsWith(QLatin1String("fp8_e5m2:")) ||
                            scheme == QLatin1String("nf4:method=gptq") || scheme == QLatin1String("nvfp4") ||
                            scheme == QLatin1String("mxfp4");
      QVERIFY2(isOfOurs, qPrintable(scheme));
    }
  }

  void bitsandbytesIsSaidWithTypeBlockAndComputeType() {
    const Copied nf4 = copied("nf4:double=on,compute=bf16", CopyTarget::BitsAndBytes);
    for (const char* part : {"load_in_4bit=True", "bnb_4bit_quant_type=\"nf4\"", "bnb_4bit_use_double_quant=True",
                             "bnb_4bit_compute_dtype=torch.bfloat16"})
      QVERIFY2(nf4.text.find(part) != std::string::npos, part);
    QVERIFY(nf4.notes.empty());
    const Copied wide = copied("fp4:block=128", CopyTarget::BitsAndBytes);
    QVERIFY(wide.text.find("blocksize=128, compress_statistics=False, quant_type=\"fp4\"") != std::string::npos);
    QVERIFY(wide.text.find("BitsAndBytesConfig") == std::string::npos);
    QCOMPARE(wide.notes.size(), std::size_t{1});
    const Copied eight = copied("llm_int8:threshold=4", CopyTarget::BitsAndBytes);
    QVERIFY(eight.text.find("load_in_8bit=True") != std::string::npos);
    QVERIFY(eight.text.find("llm_int8_threshold=4.0") != std::string::npos);
    QVERIFY(!copied("nf4:method=gptq", CopyTarget::BitsAndBytes).isPossible());
    QVERIFY(!copied("int4", CopyTarget::BitsAndBytes).isPossible());
  }

  void gptqAndAwqSayTheirGroups() {
    const char* const gptq = "int4:group=128,range=minmax,method=gptq,act_order=on,static_groups=on,damping=0.05";
    const Copied config = copied(gptq, CopyTarget::Gptq), model = copied(gptq, CopyTarget::GptqModel);
    for (const Copied& one : {config, model})
      for (const char* part : {"bits=4", "group_size=128", "sym=False", "desc_act=True", "damp_percent=0.05"})
        QVERIFY2(one.text.find(part) != std::string::npos, part);
    QVERIFY(model.text.find("static_groups=True") != std::string::npos);
    QCOMPARE(config.notes.size(), std::size_t{1});  // which has no key for them
    QVERIFY(copied("int8:method=gptq", CopyTarget::Gptq).text.find("group_size=-1") != std::string::npos);
    QVERIFY(!copied("int5:method=gptq", CopyTarget::Gptq).isPossible());
    QVERIFY(!copied("int4:range=minmax", CopyTarget::Gptq).isPossible());
    const Copied awq = copied("int4:group=64,range=minmax,method=awq,clip=off", CopyTarget::Awq);
    QVERIFY(awq.text.find("{\"zero_point\": True, \"q_group_size\": 64, \"w_bit\": 4, \"version\": \"GEMM\"}") !=
            std::string::npos);
    QVERIFY(awq.text.find("apply_clip=False") != std::string::npos);
    QVERIFY(!copied("int3:group=128,range=minmax,method=awq", CopyTarget::Awq).isPossible());
  }

  void compressedTensorsTakeTheirPresetsOrGroups() {
    const auto text = [](const char* scheme) { return copied(scheme, CopyTarget::LlmCompressor).text; };
    QVERIFY(text("fp8_e4m3:scale=row,activations=fp8_dynamic").find("scheme=\"FP8_DYNAMIC\"") != std::string::npos);
    QVERIFY(text("nv_e2m1").find("scheme=\"NVFP4A16\"") != std::string::npos);
    const std::string groups = text("int4:group=32,range=minmax,activations=int8_dynamic");
    for (const char* part :
         {"\"num_bits\": 4", "\"group_size\": 32", "\"symmetric\": False", "\"strategy\": \"token\""})
      QVERIFY2(groups.find(part) != std::string::npos, groups.c_str());
    const std::string gptq = text("int4:group=128,range=minmax,method=gptq,act_order=on");
    QVERIFY(gptq.find("GPTQModifier(") != std::string::npos &&
            gptq.find("\"actorder\": \"group\"") != std::string::npos);
    QVERIFY(text("int8:method=smooth,activations=int8_dynamic").find("SmoothQuantModifier(smoothing_strength=0.5)") !=
            std::string::npos);
    QVERIFY(!copied("fp8_e5m2:scale=row", CopyTarget::LlmCompressor).isPossible());
  }

  void llamaQuantizeTakesFileTypesRulesAndImportance() {
    const auto text = [](const Recipe& recipe) { return copyAs(recipe, CopyTarget::LlamaQuantize).text; };
    QCOMPARE(text(core::model::FileType::Q4_K_M), std::string("llama-quantize model.gguf model-Q4_K_M.gguf Q4_K_M\n"));
    const std::string pure = text(core::quant::Scheme::parse("q4_k:method=imatrix"));
    QVERIFY2(pure.starts_with("llama-quantize --pure --leave-output-tensor"), pure.c_str());
    QVERIFY(pure.find("--imatrix imatrix.gguf") != std::string::npos);
    const Recipe mixed = core::model::recipeFromText("base = Q4_K_M\nattn_v|ffn_down = q6_k\n");
    QCOMPARE(text(mixed),
             std::string("llama-quantize --tensor-type 'attn_v|ffn_down=q6_k' model.gguf model-Q4_K_M.gguf Q4_K_M\n"));
    QVERIFY(text(core::model::recipeFromText("base = Q4_K_M\nattn_v = nf4\n")).empty());
    QVERIFY(text(core::model::recipeFromText("base = Q4_K_M\nattn_v = keep\n")).empty());
    QVERIFY(text(core::model::FileType::IQ1_S).find("--imatrix") != std::string::npos);
    QVERIFY(copyAs(mixed, CopyTarget::Ollama).text.ends_with("ollama create my-model\n"));
    QVERIFY(!copyAs(mixed, CopyTarget::BitsAndBytes).isPossible());
  }

  void vllmSaysWhatItMakesItselfAndWhatNeedsAFolder() {
    QCOMPARE(copied("nf4:double=on", CopyTarget::Vllm).text,
             std::string("vllm serve MODEL --quantization bitsandbytes\n"));
    QVERIFY(copied("nf4", CopyTarget::Vllm).text.starts_with("vllm serve FOLDER"));
    QVERIFY(!copied("nf4", CopyTarget::Vllm).notes.empty());
    QCOMPARE(copied("bf16", CopyTarget::Vllm).text, std::string("vllm serve MODEL --dtype bfloat16\n"));
    QVERIFY(!copied("log4", CopyTarget::Vllm).isPossible());
    QVERIFY(!copied("int3", CopyTarget::Vllm).isPossible());
  }

  void anotherModelIsNoConfiguration() {
    const Recipe other(core::model::OtherModel::remembered("packed"));
    for (const Copied& one : copyAs(other)) QVERIFY(!one.isPossible());
  }

  void theCommandLineCopies() {
    const cli::Run one = cli::run({"schemes", "nf4", "--copy-as", "bitsandbytes"});
    QCOMPARE(one.code, 0);
    QVERIFY(one.out.startsWith("import torch\nfrom transformers import BitsAndBytesConfig\n"));
    const cli::Json rows = cli::json({"schemes", "q4_0", "--copy-as"});
    QCOMPARE(rows.size(), copyTargets().size());
    QVERIFY(rows[0]["text"].is_null() && !rows[0]["notes"].empty());
    const cli::Run none = cli::run({"schemes", "log4", "--copy-as", "vllm"});
    QCOMPARE(none.code, 1);
    QVERIFY(none.err.contains("vLLM has no") && cli::isOneSentence(none.err));
    const cli::Run unknown = cli::run({"schemes", "nf4", "--copy-as", "word"});
    QCOMPARE(unknown.code, 1);
    QVERIFY(unknown.err.contains("llama-quantize, ollama, vllm") && cli::isOneSentence(unknown.err));
    QVERIFY(cli::run({"schemes"}).out.startsWith("fp32"));
  }
};

QTEST_GUILESS_MAIN(TestCopyAs)
#include "tst_copy_as.moc"
