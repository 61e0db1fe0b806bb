// Recipes as people write them, and what they do to tensors of any names.
#include <QtTest>

#include "core/base/error.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/recipe_text.h"

using namespace core;
using io::FileFormat;
using model::Fate;
using model::FileType;
using model::MixtureModel;
using model::Recipe;
using quant::Scheme;

namespace {

io::TensorInfo tensorOf(const char* name, tensor::Shape shape, tensor::DType dtype = tensor::DType::F16) {
  return {name, dtype, std::move(shape), 0, 0, 0};
}

const std::vector<io::TensorInfo> kGguf = {
    tensorOf("token_embd.weight", {512, 256}),    tensorOf("output_norm.weight", {256}),
    tensorOf("output.weight", {512, 256}),        tensorOf("blk.0.attn_norm.weight", {256}),
    tensorOf("blk.0.attn_q.weight", {256, 256}),  tensorOf("blk.0.attn_v.weight", {64, 256}),
    tensorOf("blk.0.ffn_down.weight", {256, 96}), tensorOf("blk.0.ffn_gate_inp.weight", {4, 256}),
};

const MixtureModel kModel{"llama", 1, 8, 2, 0, model::ImportanceData::None};

/// "q6_k", or "" where the tensor is kept.
std::string typeOf(const model::TensorDecision& decision) {
  return decision.scheme ? decision.scheme->toString() : std::string();
}

std::vector<std::string> typesUnder(const Recipe& recipe, const std::vector<io::TensorInfo>& tensors = kGguf,
                                    FileFormat format = FileFormat::Gguf, const MixtureModel& facts = kModel) {
  std::vector<std::string> types;
  for (const auto& decision : model::planRecipe(recipe, facts, tensors, format).tensors)
    types.push_back(typeOf(decision));
  return types;
}

QString sentenceOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

QString refusal(const std::string& text) {
  return sentenceOf([&] { static_cast<void>(model::parseRecipe(text, "mine.txt")); });
}

}  // namespace

class TestRecipe : public QObject {
  Q_OBJECT

 private slots:
  /// Whatever matrices become or stay, where their types can be multiplied with bytes and no rule says otherwise.
  void inputsOfAnyTypesBecomeBytes() {
    const std::string suffix = ":activations=int8_dynamic";
    for (const char* text : {"stored:activations=int8_dynamic", "Q4_K_M:activations=int8_dynamic"}) {
      const auto recipe = model::recipeByName(text);
      QVERIFY(recipe && recipe->int8Inputs && !recipe->keepsEverything() && recipe->asScheme() == nullptr);
      QCOMPARE(recipe->toString(), std::string(text));
      QCOMPARE(model::recipeFromText(model::textOf(*recipe)), *recipe);
      QCOMPARE(model::parseRecipe(std::string("base = ") + text + "\nattn_v = q8_0", "mine.txt").int8Inputs, true);
      Recipe without = *recipe;
      without.int8Inputs = false;
      QVERIFY(without != *recipe);
    }
    QVERIFY(!model::recipeByName("nothing:activations=int8_dynamic"));
    QCOMPARE(model::recipeByName("Q4_K_M:activations=int8_dynamic")->displayName(),
             std::string("Q4_K_M · INT8 inputs"));
    using tensor::DType;
    const std::vector<io::TensorInfo> tensors = {tensorOf("token_embd.weight", {512, 256}, DType::Q4_K),
                                                 tensorOf("output.weight", {512, 256}, DType::Q6_K),
                                                 tensorOf("blk.0.attn_q.weight", {256, 256}, DType::Q4_K),
                                                 tensorOf("blk.0.attn_v.weight", {64, 256}, DType::Q6_K),
                                                 tensorOf("blk.0.ffn_up.weight", {96, 256}, DType::IQ2_XS),
                                                 tensorOf("blk.0.ffn_norm.weight", {256}, DType::F32),
                                                 tensorOf("blk.0.ffn_down.weight", {256, 96}, DType::Q8_0),
                                                 tensorOf("blk.0.ffn_gate.weight", {96, 256})};
    Recipe recipe = *model::recipeByName("stored:activations=int8_dynamic");
    QCOMPARE(typesUnder(recipe, tensors),
             (std::vector<std::string>{"", "", "q4_k" + suffix, "q6_k" + suffix, "", "", "q8_0" + suffix, ""}));
    recipe.rules.push_back(model::parseRecipeRule("attn_q=keep"));
    QCOMPARE(typesUnder(recipe, tensors)[2], std::string());
    const auto mixed = typesUnder(*model::recipeByName("Q4_K_M:activations=int8_dynamic"));
    const auto plain = typesUnder(FileType::Q4_K_M);
    for (std::size_t i = 0; i < kGguf.size(); ++i) {
      const bool isMatrix = kGguf[i].name.starts_with("blk") && !plain[i].empty();
      QCOMPARE(mixed[i], isMatrix ? plain[i] + suffix : plain[i]);
    }
  }

  void filesAreReadAsPeopleWriteThem() {
    const Recipe recipe = model::parseRecipe(
        "\xEF\xBB\xBF# my recipe\r\n"
        "base = Q4_K_M\r\n"
        "\r\n"
        "  attn_v = q6_k   # values matter\r\n"
        "blk\\.(0|1)\\..*=q8_0\n"
        "attn_q=Q8_0 attn_k=f16\n"
        "(?=ffn)ffn_up=int4:group=64,range=minmax\n"
        "a#b = keep",
        "mine.txt");
    QCOMPARE(recipe.toString(), std::string("Q4_K_M, attn_v=q6_k, blk\\.(0|1)\\..*=q8_0, attn_q=q8_0, attn_k=fp16, "
                                            "(?=ffn)ffn_up=int4:group=64,range=minmax, a#b=keep"));
    QCOMPARE(recipe.rules[0].origin, std::string("line 4"));
    QCOMPARE(recipe.rules[3].origin, std::string("line 6"));
    QCOMPARE(recipe.rules.back().origin, std::string("line 8"));
    QCOMPARE(model::parseRecipe("", "empty").toString(), std::string("stored"));
    QVERIFY(model::parseRecipe("# nothing\nbase = stored\n", "empty").keepsEverything());
    QCOMPARE(model::parseRecipe("base = nf4:block=128", "x").toString(), std::string("nf4:block=128"));
  }

  void badFilesAreRefusedByLine_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& text, const char* says) {
      QTest::newRow(name) << text << QString::fromUtf8(says);
    };
    row("no rule", "base = Q4_K_M\n\nattn_v\n", "\"mine.txt\", line 3: A rule is written PATTERN=SCHEME");
    row("no pattern", "=q4_0", "line 1: The tensor pattern must not be empty.");
    row("no scheme", "attn_v=", "line 1: A rule ends in a scheme such as q6_k, or in keep; found \"\".");
    row("unknown scheme", "# x\nattn_v = q9_k", "line 2: A rule ends in a scheme such as q6_k");
    row("bad option", "attn_v = int4:group=x", "line 1: 'group' must be a whole number");
    row("bad pattern", "attn_(v=q4_0", "line 1: The tensor pattern \"attn_(v\" is no regular expression: missing");
    row("bad base", "base = Q4_K_XL", "The base must be a file type such as Q4_K_M");
    row("two bases", "base = Q4_K_M\nbase = Q4_K_M", "line 2: The base was given in line 1 already.");
    row("escape", "attn_v = \x1B[31m", "\\x1B");
    row("a long pattern", QByteArray(257, 'a') + "=q4_0", "at most 256 bytes");
    row("deep", QByteArray(40, '(') + QByteArray(40, ')') + "=q4_0", "is no regular expression");
    row("many rules", QByteArray("a=q4_0\n").repeated(1001), "line 1001: A recipe has at most 1000 rules.");
    row("a long file", QByteArray(65537, '\n'), "at most 65536 bytes; found 65537");
    row("bytes", QByteArray("a=q4_0\0", 7), "Expected a recipe, which is text");
    row("not UTF-8", "\xFF\xFE", "Expected a recipe, which is text");
  }

  void badFilesAreRefusedByLine() {
    QFETCH(QByteArray, text);
    QFETCH(QString, says);
    const QString sentence = refusal(text.toStdString());
    QVERIFY2(sentence.contains(says) && sentence.startsWith(QStringLiteral("\"mine.txt\"")), qPrintable(sentence));
    for (const QChar c : sentence) QVERIFY(c.unicode() >= 0x20);
  }

  void patternsThatWouldTakeForeverAreRefused() {
    const Recipe recipe = model::parseRecipe("base = Q8_0\n^(?:[a-z0-9._]+)+[A-Z]=q4_0", "trap");
    const QString sentence = sentenceOf([&] { static_cast<void>(typesUnder(recipe)); });
    QVERIFY2(sentence.contains(QStringLiteral("takes too long on the name")), qPrintable(sentence));
  }

  void namesOfRecipes() {
    QCOMPARE(model::recipeByName("Q4_K_M")->toString(), std::string("Q4_K_M"));
    QCOMPARE(model::recipeByName("gptq:bits=4")->toString(), std::string("int4:group=128,range=minmax,method=gptq"));
    QCOMPARE(model::parseRecipeRule("attn_v=awq:bits=4").scheme->toString(),
             std::string("int4:group=128,range=minmax,method=awq"));
    QCOMPARE(model::recipeByName("q4_k_m")->toString(), std::string("Q4_K_M"));
    QCOMPARE(model::recipeByName("Q5_K")->toString(), std::string("Q5_K_M"));
    QCOMPARE(model::recipeByName("Q4_0")->toString(), std::string("Q4_0"));
    QVERIFY(std::holds_alternative<FileType>(model::recipeByName("Q4_0")->base));
    QVERIFY(std::holds_alternative<Scheme>(model::recipeByName("q4_0")->base));
    QCOMPARE(model::recipeByName("nf4:double=on")->toString(), std::string("nf4:double=on"));
    QVERIFY(!model::recipeByName("mine.txt"));
    QVERIFY(sentenceOf([] { static_cast<void>(model::recipeByName("nf4:block=7")); }).contains(u"power of two"));
    for (const auto& row : model::allFileTypes()) QCOMPARE(model::findFileType(row.name), &row);
  }

  void aSchemeIsForMatricesOfBlocksAlone() {
    const std::vector<std::string> types = typesUnder(Scheme::parse("nf4"));
    QCOMPARE(types, (std::vector<std::string>{"", "", "", "", "nf4", "nf4", "nf4", ""}));
    const auto plan = model::planRecipe(Scheme::parse("q4_k"), kModel, kGguf, FileFormat::Gguf);
    QCOMPARE(plan.tensors[6].kept, std::string("Q4_K needs rows of a multiple of 256 values; the rows of shape "
                                               "[256, 96] have 96."));
    QCOMPARE(plan.tensors[0].kept, std::string("an embedding"));
    QCOMPARE(typesUnder(Recipe()), std::vector<std::string>(kGguf.size()));
  }

  void aMixtureFallsBackInSight() {
    const auto plan = model::planRecipe(FileType::Q4_K_M, kModel, kGguf, FileFormat::Gguf);
    QCOMPARE(typesUnder(FileType::Q4_K_M),
             (std::vector<std::string>{"q4_k", "", "q6_k", "", "q4_k", "q6_k", "q8_0", ""}));
    QCOMPARE(plan.tensors[6].fallback,
             std::string("rows of 96 values are not whole blocks of q6_k (256): q8_0 instead"));
    QCOMPARE(plan.tensors[2].rule, std::string("Q4_K_M: output"));
    QCOMPARE(plan.tensors[4].rule, std::string("Q4_K_M: its usual type"));
    QCOMPARE(plan.tensors[7].kept, std::string("a router of experts"));
    QVERIFY(plan.tensors[5].rule.starts_with("Q4_K_M: value, in the first or last eighth"));
  }

  void rulesComeBeforeTheBaseAndTheFirstDecides() {
    const Recipe recipe = model::parseRecipe(
        "base = Q4_K_M\nattn=q8_0\nattn_q=nf4\nffn_down=q5_k\nnorm=q8_0\n"
        "output=keep\nffn_upp=q4_0\n",
        "r");
    const auto plan = model::planRecipe(recipe, kModel, kGguf, FileFormat::Gguf);
    QCOMPARE(typesUnder(recipe), (std::vector<std::string>{"q4_k", "", "", "", "q8_0", "q8_0", "q5_1", ""}));
    QCOMPARE(plan.tensors[6].rule, std::string("ffn_down=q5_k (line 4)"));
    QCOMPARE(plan.tensors[6].fallback,
             std::string("rows of 96 values are not whole blocks of q5_k (256): q5_1 instead"));
    QCOMPARE(plan.tensors[2].kept, std::string("output=keep (line 6)"));
    // A rule never makes a norm; it is named where it decided nothing.
    QCOMPARE(plan.unused,
             (std::vector<std::string>{"attn_q=nf4 (line 3)", "norm=q8_0 (line 5)", "ffn_upp=q4_0 (line 7)"}));
  }

  void rulesReachEmbeddingAndOutputUnderAScheme() {
    Recipe recipe(Scheme::parse("nf4"));
    recipe.rules.push_back(model::parseRecipeRule("^(token_embd|output)\\.weight$=q8_0"));
    QCOMPARE(typesUnder(recipe), (std::vector<std::string>{"q8_0", "", "q8_0", "", "nf4", "nf4", "nf4", ""}));
  }

  void oneTensorIsReplaced() {
    const auto other = std::make_shared<const quant::QuantizedTensor>();
    Recipe recipe(Scheme::parse("nf4"));
    recipe.replacements["blk.0.attn_norm.weight"] = other;
    recipe.replacements["blk.7.attn_norm.weight"] = other;
    const auto plan = model::planRecipe(recipe, kModel, kGguf, FileFormat::Gguf);
    QCOMPARE(plan.tensors[3].replacement, other);
    QCOMPARE(static_cast<int>(plan.tensors[3].fate()), static_cast<int>(Fate::Quantize));
    QVERIFY(!plan.tensors[3].scheme);
    QCOMPARE(plan.unused, std::vector<std::string>{"blk.7.attn_norm.weight"});
  }

  /// A mixture does the same to the same model under the names of Hugging Face.
  void huggingFaceNamesGetTheSameMixture() {
    std::vector<io::TensorInfo> gguf, huggingFace;
    const auto add = [&](const std::string& ours, const std::string& theirs, const tensor::Shape& shape) {
      gguf.push_back(tensorOf(ours.c_str(), shape));
      huggingFace.push_back(tensorOf(theirs.c_str(), shape));
    };
    add("token_embd.weight", "model.embed_tokens.weight", {512, 256});
    add("output.weight", "lm_head.weight", {512, 256});
    add("output_norm.weight", "model.norm.weight", {256});
    for (int layer = 0; layer < 16; ++layer) {
      const std::string a = "blk." + std::to_string(layer) + '.', b = "model.layers." + std::to_string(layer) + '.';
      add(a + "attn_norm.weight", b + "input_layernorm.weight", {256});
      add(a + "attn_q.weight", b + "self_attn.q_proj.weight", {256, 256});
      add(a + "attn_k.weight", b + "self_attn.k_proj.weight", {64, 256});
      add(a + "attn_v.weight", b + "self_attn.v_proj.weight", {64, 256});
      add(a + "attn_output.weight", b + "self_attn.o_proj.weight", {256, 256});
      add(a + "ffn_gate.weight", b + "mlp.gate_proj.weight", {512, 256});
      add(a + "ffn_up.weight", b + "mlp.up_proj.weight", {512, 256});
      add(a + "ffn_down.weight", b + "mlp.down_proj.weight", {256, 512});
    }
    const MixtureModel facts{"llama", 16, 8, 2, 0, model::ImportanceData::None};
    for (const auto& row : model::allFileTypes()) {
      QCOMPARE(typesUnder(row.type, huggingFace, FileFormat::Safetensors, facts),
               typesUnder(row.type, gguf, FileFormat::Gguf, facts));
    }
  }

  void factsOfAModelAreReadFromBothKindsOfMetadata() {
    io::Metadata gguf, config;
    gguf.add("qwen2.block_count", std::uint64_t{80});
    gguf.add("qwen2.attention.head_count", std::uint64_t{64});
    gguf.add("qwen2.attention.head_count_kv", std::uint64_t{8});
    gguf.add("qwen2.expert_count", std::string("eight"));
    config.add("config.num_hidden_layers", std::uint64_t{80});
    config.add("config.num_attention_heads", std::uint64_t{64});
    config.add("config.num_key_value_heads", std::uint64_t{8});
    config.add("config.num_local_experts", std::int64_t{-8});
    for (const auto& [metadata, format] :
         {std::pair(&gguf, FileFormat::Gguf), std::pair(&config, FileFormat::Safetensors)}) {
      const MixtureModel facts = model::mixtureModelOf(*metadata, "qwen2", format, kGguf);
      QCOMPARE(facts.blocks, 80U);
      QCOMPARE(facts.queriesPerKey(), 8U);
      QCOMPARE(facts.experts, 0U);
      QVERIFY(facts.isSeventyBillion());
    }
    const MixtureModel bare = model::mixtureModelOf({}, "", FileFormat::Gguf, kGguf);
    QCOMPARE(bare.blocks, 1U);
    QCOMPARE(bare.queriesPerKey(), 0U);
  }

  void aRecipeIsItsOwnTextAgain() {
    for (const char* text : {"nf4:block=128", "Q4_K_M", "q4_0", "Q4_0"})
      QCOMPARE(model::textOf(model::recipeFromText(text)), std::string(text));
    const char* const file = "base = IQ3_S\nattn_v = q6_k\nblk\\.0\\. = keep\n";
    const Recipe recipe = model::parseRecipe(file, "file");
    QCOMPARE(model::formatRecipe(recipe), std::string(file));
    QVERIFY(model::recipeFromText(model::textOf(recipe)) == recipe);
    QVERIFY(model::recipeFromText(model::textOf(Recipe())).keepsEverything());
  }

  void recipesAreEqualThatDoTheSame() {
    QVERIFY(Recipe(FileType::Q4_0) != Recipe(Scheme::parse("q4_0")));
    Recipe one = model::parseRecipe("attn_v = q6_k", "one"), other = model::parseRecipe("\n attn_v=Q6_K", "other");
    other.title = "Other";
    QVERIFY(one == other);
    QCOMPARE(other.displayName(), std::string("Other"));
    other.rules.front().scheme.reset();
    QVERIFY(one != other);
    QCOMPARE(Recipe(FileType::Q4_K_M).displayName(), std::string("Q4_K_M"));
    QCOMPARE(Recipe(FileType::Q4_0).displayName(), std::string("Q4_0 recipe"));
    QVERIFY(Recipe(Scheme::parse("nf4")).asScheme() && !one.asScheme() && !Recipe().asScheme());
  }
};

QTEST_GUILESS_MAIN(TestRecipe)
#include "tst_recipe.moc"
