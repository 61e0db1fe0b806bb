#include <QtTest>

#include <array>
#include <cmath>

#include "core/base/error.h"
#include "core/model/config.h"

using namespace core;
using model::ModelConfig;

namespace {

/// A checkpoint made of nothing but metadata and the shape of an embedding.
class FakeCheckpoint : public io::Checkpoint {
 public:
  FakeCheckpoint() {
    m_name = "demo.gguf";
    m_architecture = "llama";
    set("llama.context_length", std::uint64_t{512});
    set("llama.embedding_length", std::uint64_t{256});
    set("llama.block_count", std::uint64_t{6});
    set("llama.feed_forward_length", std::uint64_t{768});
    set("llama.attention.head_count", std::uint64_t{8});
    set("llama.attention.head_count_kv", std::uint64_t{4});
    m_tensors.push_back({.name = "token_embd.weight",
                         .dtype = tensor::DType::F32,
                         .shape = {2048, 256},
                         .offset = 0,
                         .bytes = 2048 * 256 * 4,
                         .file = 0});
    m_index.emplace(m_tensors[0].name, 0);
    m_bytes.resize(2048 * 256 * 4);
  }
  void set(const std::string& key, io::MetadataValue value) {
    io::Metadata changed;
    for (const io::MetadataEntry& entry : m_metadata.entries()) {
      if (entry.key != key) changed.add(entry.key, entry.value, entry.type);
    }
    changed.add(key, std::move(value));
    m_metadata = changed;
  }
  void forgetTensors() {
    m_index.clear();
    m_tensors.clear();
  }
  void setArchitecture(const std::string& name) { m_architecture = name; }
  void setFormat(io::FileFormat format) { m_format = format; }

 protected:
  std::span<const std::byte> fileContents(std::uint32_t) const override { return m_bytes; }

 private:
  std::vector<std::byte> m_bytes;
};

io::MetadataValue metadataValue(const QVariant& value) {
  switch (value.typeId()) {
    case QMetaType::Bool:
      return value.toBool();
    case QMetaType::Int:
      return static_cast<std::uint64_t>(value.toInt());
    case QMetaType::Double:
      return value.toDouble();
    default:
      return value.toString().toStdString();
  }
}

std::string sentenceOf(const io::Checkpoint& checkpoint) { return model::whyNotRunnable(checkpoint).value_or(""); }

}  // namespace

class TestModelConfig : public QObject {
  Q_OBJECT

 private slots:
  void readsWhatAFileSays() {
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    QCOMPARE(config.vocabulary, 2048U);
    QCOMPARE(config.width, 256U);
    QCOMPARE(config.layers, 6U);
    QCOMPARE(config.headSize, 32U);
    QCOMPARE(config.valueHeadSize, 32U);
    QCOMPARE(config.ropeDimensions, 32U);
    QCOMPARE(config.ropeBase, 10000.0F);
    QVERIFY(!model::whyNotRunnable(*checkpoint));
  }

  void headSizeNeedNotBeWidthOverHeads() {
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set("llama.attention.key_length", std::uint64_t{80});
    checkpoint->set("llama.attention.value_length", std::uint64_t{48});
    const ModelConfig config = ModelConfig::fromCheckpoint(*checkpoint);
    QCOMPARE(config.headSize, 80U);
    QCOMPARE(config.valueHeadSize, 48U);
    QCOMPARE(config.ropeDimensions, 80U);
  }

  void otherArchitecturesOpenForInspection() {
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->setArchitecture("bloom");
    QCOMPARE(sentenceOf(*checkpoint),
             std::string("demo.gguf is a bloom model: it opens for inspection, but cannot chat yet."));
    checkpoint->setArchitecture("internlm2");
    QCOMPARE(sentenceOf(*checkpoint),
             std::string("demo.gguf is an internlm2 model: it opens for inspection, but cannot chat yet."));
    checkpoint->setArchitecture("");
    checkpoint->setFormat(io::FileFormat::Safetensors);
    QCOMPARE(sentenceOf(*checkpoint),
             std::string("demo.gguf is a safetensors model without a readable config.json beside it: it "
                         "opens for inspection, but cannot chat yet."));
  }

  void unsupportedVariantsSaySo() {
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->setArchitecture("granite");
    checkpoint->set("granite.expert_count", std::uint64_t{8});
    QVERIFY(sentenceOf(*checkpoint).find("mixture-of-experts") != std::string::npos);
  }

  // What llama.cpp reads: no type and a factor is linear; the factor's older key counts where the new one is absent.
  void linearScalingNeedsNoType_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<double>("factor");
    QTest::addColumn<double>("oldFactor");
    QTest::addColumn<float>("stretches");
    QTest::newRow("nothing") << QString() << -1.0 << -1.0 << 1.0F;
    QTest::newRow("a factor") << QString() << 4.0 << -1.0 << 4.0F;
    QTest::newRow("the old factor") << QString() << -1.0 << 8.0 << 8.0F;
    QTest::newRow("both") << QString() << 4.0 << 8.0 << 4.0F;
    QTest::newRow("linear") << "linear" << 4.0 << -1.0 << 4.0F;
    QTest::newRow("linear, the old factor") << "linear" << -1.0 << 2.0 << 2.0F;
    QTest::newRow("linear without a factor") << "linear" << -1.0 << -1.0 << 1.0F;
    QTest::newRow("none does not scale") << "none" << 4.0 << 8.0 << 1.0F;
    QTest::newRow("0 is not set") << QString() << 0.0 << -1.0 << 1.0F;
  }

  void linearScalingNeedsNoType() {
    QFETCH(QString, type);
    QFETCH(double, factor);
    QFETCH(double, oldFactor);
    QFETCH(float, stretches);
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    if (!type.isNull()) checkpoint->set("llama.rope.scaling.type", type.toStdString());
    if (factor >= 0) checkpoint->set("llama.rope.scaling.factor", factor);
    if (oldFactor >= 0) checkpoint->set("llama.rope.scale_linear", oldFactor);
    const auto plain = ModelConfig::fromCheckpoint(FakeCheckpoint()).ropeFrequencies();
    const auto scaled = ModelConfig::fromCheckpoint(*checkpoint).ropeFrequencies();
    for (std::size_t i = 0; i < plain.size(); ++i) QCOMPARE(scaled[i], plain[i] / stretches);
  }

  void unknownScalingIsRefused_data() {
    QTest::addColumn<QString>("type");
    for (const char* type : {"su", "dynamic", "ntk", "LINEAR", "", "linear ", "default"})
      QTest::newRow(*type == 0 ? "empty" : type) << type;
  }

  void unknownScalingIsRefused() {
    QFETCH(QString, type);
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set("llama.rope.scaling.type", type.toStdString());
    QCOMPARE(
        QString::fromStdString(sentenceOf(*checkpoint)),
        QString("demo.gguf is a model with rotary scaling of type \"%1\": it opens for inspection, but cannot chat "
                "yet.")
            .arg(type));
  }

  void keysThatChangeTheComputationAreRefused_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QVariant>("value");
    const auto row = [](const char* key, const QVariant& value) {
      QTest::newRow(qPrintable(QString("%1 %2").arg(key, value.toString()))) << key << value;
    };
    row("attention.causal", false);
    row("attention.scale", 0.5);
    row("attention.clamp_kqv", 8.0);
    row("attention.max_alibi_bias", 8.0);
    row("attention.sliding_window_pattern", 6);
    row("attention.key_length_swa", 64);
    row("attention.layer_norm_epsilon", 1e-5);
    row("attention.something_new", 3);
    row("logit_scale", 0.25);
    row("residual_scale", 0.22);
    row("embedding_scale", 12.0);
    row("final_logit_softcapping", 30.0);
    row("attn_logit_softcapping", 50.0);
    row("use_parallel_residual", true);
    row("hidden_activation", "gelu");
    row("expert_used_count", 2);
    row("rope.scaling.yarn_ext_factor", 1.0);
    row("rope.scaling.alpha", 1000.0);
    row("rope.freq_base_swa", 10000.0);
    row("rope.dimension_sections", "[1, 2]");
  }

  void keysThatChangeTheComputationAreRefused() {
    QFETCH(QString, key);
    QFETCH(QVariant, value);
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set("llama." + key.toStdString(), metadataValue(value));
    const QString sentence = QString::fromStdString(sentenceOf(*checkpoint));
    QVERIFY2(sentence.contains("\"llama." + key + "\" set to") && sentence.endsWith("but cannot chat yet."),
             qPrintable(sentence));
  }

  void keysThatSayWhatHoldsAnywayAreAccepted_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QVariant>("value");
    const auto row = [](const char* key, const QVariant& value) { QTest::newRow(key) << key << value; };
    row("attention.causal", true);
    row("attention.scale", 0.17677669529663687);  // 1 / sqrt(32)
    row("attention.clamp_kqv", 0.0);
    row("logit_scale", 1.0);
    row("residual_scale", 0.0);
    row("final_logit_softcapping", 0.0);
    row("use_parallel_residual", false);
    row("hidden_activation", "silu");
    row("expert_count", 0);
    row("expert_used_count", 0);
    row("vocab_size", 2048);
    row("tensor_data_layout", "Meta AI original pth");
    row("pooling_type", 0);
    row("rope.scaling.finetuned", false);
    row("rope.scaling.original_context_length", 4096);
    row("rope.scaling.attn_factor", 1.0);
    row("rope.scaling.yarn_ext_factor", -1.0);
    row("a_note", "by somebody");
  }

  void keysThatSayWhatHoldsAnywayAreAccepted() {
    QFETCH(QString, key);
    QFETCH(QVariant, value);
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set("llama." + key.toStdString(), metadataValue(value));
    QCOMPARE(sentenceOf(*checkpoint), std::string());
    const auto other = std::make_shared<FakeCheckpoint>();
    other->set("granite.logit_scale", 0.25);  // another architecture's
    QCOMPARE(sentenceOf(*other), std::string());
  }

  void aListOfEqualNumbersIsOneNumber() {
    const std::array<std::uint32_t, 6> equal = {2, 2, 2, 2, 2, 2}, different = {2, 2, 4, 2, 2, 2};
    const auto list = [](const auto& numbers) {
      return io::MetadataArray(io::MetadataType::U32, numbers.size(), std::as_bytes(std::span(numbers)));
    };
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set("llama.attention.head_count_kv", list(equal));
    QCOMPARE(sentenceOf(*checkpoint), std::string());
    QCOMPARE(ModelConfig::fromCheckpoint(*checkpoint).kvHeads, 2U);
    checkpoint->set("llama.attention.head_count_kv", list(different));
    QVERIFY(sentenceOf(*checkpoint).find("whose layers differ") != std::string::npos);
  }

  // Where some layers have no heads, the others have as many as each other.
  void headsDifferOnlyFromNone() {
    const std::array<std::uint32_t, 6> same = {0, 2, 0, 2, 0, 2}, different = {0, 2, 0, 4, 0, 2};
    const auto list = [](const auto& numbers) {
      return io::MetadataArray(io::MetadataType::U32, numbers.size(), std::as_bytes(std::span(numbers)));
    };
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->setArchitecture("lfm2");
    for (const auto& [name, number] : {std::pair{"context_length", 512U}, std::pair{"embedding_length", 256U},
                                       std::pair{"block_count", 6U}, std::pair{"feed_forward_length", 768U},
                                       std::pair{"attention.head_count", 8U}, std::pair{"shortconv.l_cache", 3U}})
      checkpoint->set(std::string("lfm2.") + name, std::uint64_t{number});
    checkpoint->set("lfm2.attention.head_count_kv", list(same));
    QVERIFY2(sentenceOf(*checkpoint).find("different numbers of heads") == std::string::npos,
             sentenceOf(*checkpoint).c_str());
    checkpoint->set("lfm2.attention.head_count_kv", list(different));
    QVERIFY2(sentenceOf(*checkpoint).find("attention.head_count_kv: 2 and 4") != std::string::npos,
             sentenceOf(*checkpoint).c_str());
  }

  void withoutAnEmbeddingItCannotChat() {
    FakeCheckpoint checkpoint;
    checkpoint.forgetTensors();
    QCOMPARE(
        sentenceOf(checkpoint),
        std::string("demo.gguf is a file without the tensor token_embd.weight, which models that can chat have: it "
                    "opens for inspection, but cannot chat yet."));
  }

  void outOfRangeValuesAreNamed_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<qulonglong>("value");
    QTest::newRow("no layers") << "llama.block_count" << qulonglong{0};
    QTest::newRow("too many layers") << "llama.block_count" << qulonglong{1} + 1024;
    QTest::newRow("huge width") << "llama.embedding_length" << ~qulonglong{0};
    QTest::newRow("no heads") << "llama.attention.head_count" << qulonglong{0};
    QTest::newRow("heads not a multiple") << "llama.attention.head_count_kv" << qulonglong{3};
    QTest::newRow("huge head") << "llama.attention.key_length" << qulonglong{4096};
    QTest::newRow("odd rotation") << "llama.rope.dimension_count" << qulonglong{31};
    QTest::newRow("rotation beyond the head") << "llama.rope.dimension_count" << qulonglong{34};
    QTest::newRow("no context") << "llama.context_length" << qulonglong{0};
  }

  void outOfRangeValuesAreNamed() {
    QFETCH(QString, key);
    QFETCH(qulonglong, value);
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set(key.toStdString(), std::uint64_t{value});
    try {
      ModelConfig::fromCheckpoint(*checkpoint);
      QFAIL("accepted");
    } catch (const Error& error) {
      QCOMPARE(error.code(), ErrorCode::InvalidFile);
      QCOMPARE(error.where(), key.toStdString());
      QVERIFY(std::string(error.what()).find(std::to_string(value)) != std::string::npos);
    }
  }

  void howExpertsAreChosenIsChecked_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<int>("value");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* key, int value, const char* says) {
      QTest::addRow("%s = %d", key, value) << QString(key) << value << QString(says);
    };
    row("expert_gating_func", 2, "");
    row("expert_gating_func", 4, "neither a softmax nor sigmoids (deepseek2.expert_gating_func)");
    row("expert_group_count", 5, "should be a multiple of that of their groups (5)");
    row("expert_group_count", 65, "deepseek2.expert_group_count");
    row("expert_group_used_count", 0, "deepseek2.expert_group_used_count");
    row("expert_group_used_count", 4, "deepseek2.expert_group_used_count");
    row("expert_used_count", 9, "goes through 9 experts, but the 2 groups that they are chosen from have 8");
    row("expert_used_count", 13, "deepseek2.expert_used_count");
    row("leading_dense_block_count", 7, "deepseek2.leading_dense_block_count");
  }
  void howExpertsAreChosenIsChecked() {
    QFETCH(QString, key);
    QFETCH(int, value);
    QFETCH(QString, says);
    FakeCheckpoint checkpoint;
    checkpoint.setArchitecture("deepseek2");
    const auto set = [&](const std::string& name, int number) {
      checkpoint.set("deepseek2." + name, static_cast<std::uint64_t>(number));
    };
    for (const auto& [name, number] :
         {std::pair("context_length", 512), std::pair("embedding_length", 256), std::pair("block_count", 6),
          std::pair("feed_forward_length", 768), std::pair("attention.head_count", 8),
          std::pair("attention.kv_lora_rank", 64), std::pair("rope.dimension_count", 16), std::pair("expert_count", 12),
          std::pair("expert_used_count", 4), std::pair("expert_shared_count", 1),
          std::pair("expert_feed_forward_length", 64), std::pair("expert_group_count", 3),
          std::pair("expert_group_used_count", 2)})
      set(name, number);
    set(key.toStdString(), value);
    if (says.isEmpty()) {
      const ModelConfig config = ModelConfig::fromCheckpoint(checkpoint);
      QVERIFY(config.areExpertsSigmoid && config.hasExpertBias);
      QCOMPARE(config.expertGroups, 3U);
      QCOMPARE(config.usedExpertGroups, 2U);
      return;
    }
    const QString sentence = QString::fromStdString(sentenceOf(checkpoint));
    QVERIFY2(sentence.contains(says), qPrintable(sentence));
  }

  void notANumberIsRefused() {
    const auto checkpoint = std::make_shared<FakeCheckpoint>();
    checkpoint->set("llama.rope.freq_base", std::nan(""));
    QVERIFY_EXCEPTION_THROWN(ModelConfig::fromCheckpoint(*checkpoint), Error);
  }

  void frequenciesFollowTheFormula() {
    ModelConfig config;
    config.headSize = config.ropeDimensions = 64;
    config.ropeBase = 500000.0F;
    const std::vector<float> plain = config.ropeFrequencies();
    QCOMPARE(plain.size(), std::size_t{32});
    QCOMPARE(plain[0], 1.0F);
    QCOMPARE(plain[16], static_cast<float>(std::pow(500000.0, -0.5)));

    config.ropeScaling = model::RopeScaling::Linear;
    config.ropeFactor = 4.0F;
    QCOMPARE(config.ropeFrequencies()[16], plain[16] / 4.0F);
  }

  // The published rule of Llama 3.1: wavelengths below 8192 / 4 stay, those above 8192 are 8 times longer.
  void llama3ScalingStretchesLongWaves() {
    ModelConfig config;
    config.headSize = config.ropeDimensions = 128;
    config.ropeBase = 500000.0F;
    const std::vector<float> plain = config.ropeFrequencies();
    config.ropeScaling = model::RopeScaling::Llama3;
    config.ropeFactor = 8.0F;
    const std::vector<float> scaled = config.ropeFrequencies();
    int blended = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      const double wavelength = 2.0 * M_PI / static_cast<double>(plain[i]);
      if (wavelength < 2048) QCOMPARE(scaled[i], plain[i]);
      if (wavelength > 8192) QVERIFY(std::abs(scaled[i] - plain[i] / 8.0F) < 1e-6F * plain[i]);
      if (wavelength > 2048 && wavelength < 8192) {
        QVERIFY(scaled[i] < plain[i] && scaled[i] > plain[i] / 8.0F);
        ++blended;
      }
    }
    QVERIFY(blended > 0);
  }

  void frequencyFactorsDivide() {
    ModelConfig config;
    config.headSize = config.ropeDimensions = 4;
    QCOMPARE(config.ropeFrequencies({2.0F, 4.0F})[1], 0.01F / 4.0F);
    QVERIFY_EXCEPTION_THROWN(config.ropeFrequencies({1.0F}), Error);
    QVERIFY_EXCEPTION_THROWN(config.ropeFrequencies({1.0F, 0.0F}), Error);
  }
};

QTEST_GUILESS_MAIN(TestModelConfig)
#include "tst_model_config.moc"
