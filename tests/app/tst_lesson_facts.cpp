// The facts of the lessons, computed by the program's own code, against figures from elsewhere: the user's reference
// documents (with the corrections they need), IEEE 754 and the formats' specifications.
#include <QTest>
#include <cmath>

#include "core/base/error.h"
#include "fact_values.h"

using namespace app;

class TestLessonFacts : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void factsAreNamedOnceAndSayTheirKind() {
    for (const Fact& fact : facts()) {
      QCOMPARE(findFact(fact.name), &fact);
      QVERIFY(fact.compute != nullptr);
    }
    QVERIFY(findFact("no_such_fact") == nullptr);
  }

  void numbers_data() {
    addFactColumns();
    // IEEE 754 and its relatives.
    addFactRow(R"({"fact": "field_bits", "format": "fp32", "field": "mantissa"})", 23);
    addFactRow(R"({"fact": "field_bits", "format": "fp16", "field": "exponent"})", 5);
    addFactRow(R"({"fact": "field_bits", "format": "bf16", "field": "mantissa"})", 7);
    addFactRow(R"({"fact": "bias", "format": "fp32"})", 127);
    addFactRow(R"({"fact": "field_value", "format": "fp32", "value": "0.45892", "field": "exponent"})", 125);
    addFactRow(R"({"fact": "value_of_code", "format": "fp32", "code": "0x40700000"})", 3.75);
    addFactRow(R"({"fact": "nan_codes", "format": "fp32"})", 16777214);
    addFactRow(R"({"fact": "nan_codes", "format": "fp16"})", 2046);
    addFactRow(R"({"fact": "nan_codes", "format": "fp8_e4m3"})", 2);
    addFactRow(R"({"fact": "nan_codes", "format": "fp4_e2m1"})", 0);
    addFactRow(R"({"fact": "largest_value", "format": "fp16"})", 65504);
    addFactRow(R"({"fact": "largest_value", "format": "fp8_e4m3"})", 448);
    addFactRow(R"({"fact": "largest_value", "format": "fp8_e5m2"})", 57344);
    addFactRow(R"({"fact": "smallest_power", "format": "fp32"})", -149);
    addFactRow(R"({"fact": "smallest_normal_power", "format": "fp32"})", -126);
    addFactRow(R"({"fact": "next_value", "format": "bf16", "value": 256})", 258);
    addFactRow(R"({"fact": "spacing", "format": "fp32", "value": 16777216})", 2);
    addFactRow(R"({"fact": "values_between", "format": "fp8_e4m3", "from": 1, "to": 2})", 8);
    addFactRow(R"({"fact": "share_below", "format": "fp16", "value": 1})", 100.0 * 15359 / 31743, 1e-9);
    addFactRow(R"({"fact": "not_stored", "format": "fp4_e2m1", "values": [0.5, 1.5, 3, 5]})", 5);
    addFactRow(R"({"fact": "sum", "format": "fp32", "a": 16777216, "b": 1})", 16777216);
    addFactRow(R"({"fact": "stored_value", "format": "fp16", "value": 2049})", 2048);
    addFactRow(R"({"fact": "repeated_sum", "format": "bf16", "value": "0.1", "count": 1000})", 32);
    addFactRow(R"({"fact": "first_with_spacing", "format": "fp16", "spacing": 1})", 1024);
    // The worked example: 0.45892 beside a maximum of 1.
    addFactRow(R"({"fact": "step_size", "scheme": "int8", "values": [1, 0.45892]})", 1 / 127.0, 1e-9);
    addFactRow(R"({"fact": "weight_code", "scheme": "int8", "values": [0.45892, 1]})", 58);
    addFactRow(R"({"fact": "decoded_weight", "scheme": "int8", "values": [0.45892, 1]})", 58 / 127.0, 1e-7);
    addFactRow(R"({"fact": "weight_code", "scheme": "int8", "values": [-0.3, 1, 0.45892]})", -38);
    addFactRow(R"({"fact": "maxima_width", "scheme": "int8", "value": 0.45892, "code": 58})", 1.0136 - 0.9963, 1e-4);
    addFactRow(
        R"({"fact": "maxima_width", "scheme": "int8", "value": 0.45892, "code": 58, "decoded": 0.457, "places": 3})",
        1.0018 - 0.9996, 1e-4);
    // Scale and zero-point: −1 … 1 → 0 … 255 gives 127.5 before it is rounded.
    addFactRow(
        R"({"fact": "unrounded_zero_point", "scheme": "int8:range=minmax", "low": -1, "qmin": 0, "values": [-1, 1]})",
        127.5, 1e-4);
    addFactRow(
        R"({"fact": "unrounded_zero_point", "scheme": "int8:range=minmax", "low": -1, "qmin": -128, "values": [-1, 1]})",
        -0.5, 1e-4);
    addFactRow(R"({"fact": "stretched_zero_point", "scheme": "int8:range=minmax", "low": 2, "high": 3, "qmin": 0})",
               -510, 1e-9);
    addFactRow(R"({"fact": "divided_weight", "scheme": "int8", "values": [0.45892, 1]})", 0.45892 * 127, 1e-5);
    addFactRow(R"({"fact": "half_step", "scheme": "int8", "values": [0.45892, 1]})", 1 / 254.0, 1e-9);
    addFactRow(R"({"fact": "smallest_maximum", "scheme": "int8", "value": 0.45892, "code": 58})", 0.45892 * 127 / 58.5,
               1e-6);
    addFactRow(R"({"fact": "zero_point", "scheme": "int8:range=minmax", "values": [2, 3]})", -128);
    addFactRow(R"({"fact": "distinct_values", "scheme": "int4:group=row", "ramp": [-1, 1, 4001]})", 15);
    addFactRow(R"({"fact": "distinct_values", "scheme": "int8", "ramp": [0, 6, 4001]})", 128);
    addFactRow(R"({"fact": "become_zero", "scheme": "int4:group=row", "values": [7, 0, 0.4, -0.4, 0.6]})", 2);
    addFactRow(R"({"fact": "share_within", "share": 0.5, "values": [1, 0.5, -0.5, -0.6]})", 50);
    // A power of two is at most a third away: 3/4 lies between 1/2 and 1.
    addFactRow(R"({"fact": "worst_relative_error", "scheme": "log4:group=row", "ramp": [0.5, 1, 4001]})", 100 / 3.0,
               0.1);
    addFactRow(R"({"fact": "group_for_bits", "format": "int4", "bits": 4.25})", 64);
    // A scale is shared by 32: its largest weight stands for the others' step.
    addFactRow(
        R"({"fact": "decoded_weight", "scheme": "q4_0", "values": [1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "index": 1})",
        -0.875);
    addFactRow(R"({"fact": "decoded_weight", "scheme": "mx_e2m1", "values": [7, 0.5, 1, 2, 3, 4, 5, 6]})", 6);
    // One bit of 3 = 0x4040 in BF16: a third less, the other sign, times 2^(2^k), or the subnormal 0x0040.
    addFactRow(R"({"fact": "bit_before", "tensor": "blk.5.ffn_down.weight"})", 3);
    addFactRow(R"({"fact": "bit_after", "tensor": "blk.5.ffn_down.weight", "bit": 6})", 2);
    addFactRow(R"({"fact": "bit_after", "tensor": "blk.5.ffn_down.weight", "bit": 15})", -3);
    addFactRow(R"({"fact": "bit_after", "tensor": "blk.5.ffn_down.weight", "bit": 11})", 3 * 65536.0);
    addFactRow(R"({"fact": "bit_after", "tensor": "blk.5.ffn_down.weight", "bit": 14})", std::ldexp(1.0, -127));
    addFactRow(R"({"fact": "bit_factor", "tensor": "blk.5.ffn_down.weight", "bit": 13})", std::ldexp(1.0, 64));
    addFactRow(R"({"fact": "bit_weights", "tensor": "blk.5.ffn_down.weight", "bit": 6})", 1);
    // The FP16 scale of its 32 weights in INT4 is 3/7, whose exponent field is 13: its highest bit adds 16 to it.
    addFactRow(
        R"({"fact": "bit_factor", "tensor": "blk.5.ffn_down.weight", "scheme": "int4", "part": "scale", "bit": 14})",
        65536);
    // Answers, as a scorer of its own has counted them.
    addFactRow(R"({"fact": "bit_exact_answers", "tensor": "blk.5.ffn_down.weight", "bit": 10})", 25, 1e-9);
    addFactRow(R"({"fact": "bit_exact_answers", "tensor": "blk.5.ffn_down.weight", "bit": 11})", 0);
    addFactRow(R"({"fact": "bit_exact_answers", "tensor": "blk.3.attn_q.weight", "bit": 14})", 100 * 23 / 24.0, 1e-9);
    // Sizes: 70B, 32B, 8B, 7B.
    addFactRow(R"({"fact": "model_size", "parameters": 70, "scheme": "fp32", "scales": "without"})", 280, 1e-9);
    addFactRow(R"({"fact": "model_size", "parameters": 70, "scheme": "bf16", "scales": "without"})", 140, 1e-9);
    addFactRow(R"({"fact": "model_size", "parameters": 70, "scheme": "int8", "scales": "without"})", 70, 1e-9);
    addFactRow(R"({"fact": "model_size", "parameters": 70, "scheme": "int4", "scales": "without"})", 35, 1e-9);
    addFactRow(R"({"fact": "model_size", "parameters": 70, "scheme": "int2", "scales": "without"})", 17.5, 1e-9);
    addFactRow(R"({"fact": "model_size", "parameters": 32, "scheme": "bf16"})", 64, 1e-9);
    addFactRow(R"({"fact": "model_size", "parameters": 32, "scheme": "q4_0"})", 18, 1e-9);
    addFactRow(R"({"fact": "cards_needed", "parameters": 70, "scheme": "fp32", "card": 80})", 4);
    addFactRow(R"({"fact": "cards_needed", "parameters": 70, "scheme": "bf16", "card": 80})", 2);
    addFactRow(R"({"fact": "cards_needed", "parameters": 70, "scheme": "int8", "scales": "without", "card": 80})", 1);
    addFactRow(R"({"fact": "cards_needed", "parameters": 70, "scheme": "int2", "scales": "without", "card": 24})", 1);
    addFactRow(R"({"fact": "cards_needed", "parameters": 70, "scheme": "int4", "scales": "without", "card": 24})", 2);
    // Models that are known: their parameters as their cards give them, in billions.
    addFactRow(R"({"fact": "model_parameters", "model": "llama-2-7b"})", 6.738415616, 1e-9);
    addFactRow(R"({"fact": "model_parameters", "model": "llama-3.1-8b"})", 8.030261248, 1e-9);
    addFactRow(R"({"fact": "model_parameters", "model": "llama-3.1-70b"})", 70.553706496, 1e-9);
    addFactRow(R"({"fact": "model_parameters", "model": "llama-3.1-8b", "part": "ends"})", 1.050673152, 1e-9);
    addFactRow(R"({"fact": "model_size", "model": "llama-3.1-8b", "scheme": "nf4:double=on"})", 4.1, 0.05);
    addFactRow(R"({"fact": "model_size", "model": "llama-3.1-8b", "scheme": "nf4:double=on", "ends": "bf16"})", 5.7,
               0.05);
    addFactRow(R"({"fact": "model_size", "model": "llama-3.1-8b", "scheme": "bf16"})", 16, 0.1);
    addFactRow(R"({"fact": "model_size", "model": "llama-3.1-8b", "scheme": "q4_0"})", 8.030261248 * 4.5 / 8, 0.001);
    // Ollama's labels of llama3.1:8b. The published Q4_0, Q4_K_M and Q8_0 files of it have 4.66, 4.92 and 8.54 GB, of
    // which the tokenizer and metadata are some 8 MB.
    addFactRow(R"({"fact": "file_size", "recipe": "Q4_0", "model": "llama-3.1-8b"})", 4.7, 0.05);
    addFactRow(R"({"fact": "file_size", "recipe": "Q8_0", "model": "llama-3.1-8b"})", 8.5, 0.05);
    addFactRow(R"({"fact": "file_size", "model": "llama-3.1-8b", "recipe": "Q4_0"})", 4.653, 0.001);
    addFactRow(R"({"fact": "file_size", "model": "llama-3.1-8b", "recipe": "Q4_K_M"})", 4.913, 0.002);
    addFactRow(R"({"fact": "file_size", "model": "llama-3.1-8b", "recipe": "Q8_0"})", 8.533, 0.002);
    addFactRow(R"({"fact": "claim_excess", "claimed": 4.7, "model": "llama-3.1-8b", "scheme": "q4_0"})", 0.18, 0.005);
    addFactRow(R"({"fact": "claim_excess", "claimed": 70, "parameters": 32, "scheme": "bf16"})", 6, 1e-9);
    // 525 million parameters at 6.5625 bits instead of 4.5, and norms in FP32.
    addFactRow(R"({"fact": "recipe_excess", "model": "llama-3.1-8b", "recipe": "Q4_0", "scheme": "q4_0"})",
               0.525336576 * 2.0625 / 8, 0.001);
    addFactRow(R"({"fact": "scales_size", "parameters": 70, "scheme": "q4_0"})", 70 * 0.5 / 8, 1e-9);
    // How many times smaller than FP32 a type is: as tables give it, and with its scales.
    addFactRow(R"({"fact": "times_smaller", "from": "fp32", "to": "fp16"})", 2);
    addFactRow(R"({"fact": "times_smaller", "from": "fp32", "to": "bf16"})", 2);
    addFactRow(R"({"fact": "times_smaller", "from": "fp32", "to": "int8", "scales": "without"})", 4);
    addFactRow(R"({"fact": "times_smaller", "from": "fp32", "to": "int4", "scales": "without"})", 8);
    addFactRow(R"({"fact": "times_smaller", "from": "fp32", "to": "int2", "scales": "without"})", 16);
    addFactRow(R"({"fact": "times_smaller", "from": "fp32", "to": "q4_0"})", 32 / 4.5, 1e-9);
    addFactRow(R"({"fact": "bits_per_parameter", "scheme": "nf4:double=on"})", 4 + 8.0 / 64 + 32.0 / (64 * 256), 1e-4);
    addFactRow(R"({"fact": "bits_per_parameter", "scheme": "nf4"})", 4.5, 1e-9);
    addFactRow(R"({"fact": "cache_size", "context": 131072, "layers": 80, "kv_heads": 8, "head_size": 128})",
               42.949672960, 1e-9);
    addFactRow(R"({"fact": "cache_size", "context": 131072, "model": "llama-3.1-70b"})", 42.949672960, 1e-9);
    addFactRow(R"({"fact": "cache_per_token", "model": "llama-3.1-70b"})", 327.68, 1e-9);
    addFactRow(R"({"fact": "bits_per_weight", "scheme": "kmeans4:group=64"})", 8, 1e-9);
    addFactRow(R"({"fact": "bits_per_weight", "scheme": "mxfp4"})", 4.25, 1e-9);
    addFactRow(R"({"fact": "bits_per_weight", "scheme": "q4_k"})", 4.5, 1e-9);
  }
  void numbers() { checkFactRow(); }

  // Inputs of the built-in model while it reads its two texts, and its answers, recomputed in float64 from the same
  // tokens by tests/peer/reference_inputs.py.
  void activations_data() {
    addFactColumns();
    const auto down = [](const char* rest, double figure, double tolerance) {
      const std::string json = std::string(R"({"layer": "blk.1.ffn_down.weight", )") + rest;
      addFactRow(json.c_str(), figure, tolerance);
    };
    const auto query = [](const char* rest, double figure, double tolerance) {
      const std::string json = std::string(R"({"layer": "blk.1.attn_q.weight", )") + rest;
      addFactRow(json.c_str(), figure, tolerance);
    };
    down(R"("fact": "input_columns"})", 768, 0);
    down(R"("fact": "largest_input"})", 105.017828, 1e-4);
    down(R"("fact": "lowest_input"})", -105.017828, 1e-4);
    down(R"("fact": "highest_input"})", 32.496561, 1e-4);
    down(R"("fact": "usual_column"})", 4.84775869, 1e-5);
    down(R"("fact": "column_ratio"})", 21.6631716, 1e-4);
    down(R"("fact": "weight_column_ratio"})", 4.54736842, 1e-6);
    down(R"("fact": "token_largest", "token": 100})", 2.55173644, 1e-5);
    down(R"("fact": "token_largest"})", 5.79113488, 1e-5);
    down(R"("fact": "token_scale", "token": 100})", 0.0200924129, 1e-7);
    down(R"("fact": "static_scale"})", 0.539272115, 1e-6);
    down(R"("fact": "static_scale", "calibrated": "prose"})", 0.24958061, 1e-6);
    down(R"("fact": "static_over_dynamic"})", 11.8262758, 1e-4);
    // None by construction on its own text; 282 of 4096 tokens under the range of the other.
    down(R"("fact": "tokens_clipped"})", 0, 0);
    down(R"("fact": "tokens_clipped", "calibrated": "prose"})", 6.884765625, 0);
    down(R"("fact": "layer_error", "scheme": "int8"})", 0.96602295, 1e-3);
    down(R"("fact": "layer_error", "scheme": "int8:activations=int8_dynamic"})", 3.12304776, 1e-3);
    down(R"("fact": "layer_error", "scheme": "int8:activations=int8_static"})", 11.1331111, 1e-3);
    down(R"("fact": "layer_error", "scheme": "int8:activations=int8_static", "calibrated": "prose"})", 19.7111904,
         1e-3);
    down(R"("fact": "layer_error", "scheme": "int8:method=smooth,activations=int8_dynamic"})", 1.48303704, 1e-3);
    down(R"("fact": "worst_column_weight"})", 0.216796875, 0);
    down(R"("fact": "smoothing_factor"})", 22.009238, 1e-4);
    down(R"("fact": "smoothing_factor", "alpha": 1})", 105.017828, 1e-4);
    down(R"("fact": "smoothed_input_ratio"})", 4.93506825, 1e-4);
    down(R"("fact": "smoothed_weight_ratio", "alpha": 0.8})", 12.8608205, 1e-4);
    query(R"("fact": "outlier_columns", "threshold": 6})", 13, 0);
    query(R"("fact": "outlier_columns", "threshold": 3})", 95, 0);
    query(R"("fact": "threshold_for_share", "share": 10})", 4.88588497, 1e-5);
    query(R"("fact": "layer_error", "scheme": "int8"})", 1.23135429, 1e-3);
    query(R"("fact": "layer_error", "scheme": "llm_int8:threshold=0"})", 1.8646275, 1e-3);
    query(R"("fact": "layer_error", "scheme": "llm_int8"})", 1.67689527, 3e-3);
    // How far the answers move. A few 1e-5 nats hang on single codes that round the other way in float32: a third.
    const auto kl = [](const std::string& scheme, double figure, double tolerance) {
      addFactRow((R"({"fact": "chat_kl", "scheme": ")" + scheme + R"("})").c_str(), figure, tolerance * figure);
    };
    kl("int8", 1.25657509e-05, 0.1);
    kl("int8:activations=int8_dynamic", 3.18528118e-05, 0.35);
    kl("int8:activations=int8_static", 0.00101765451, 0.1);
    kl("int8:activations=int8_static,input_range=percentile,input_p=99.99", 0.000308582197, 0.1);
    kl("int8:activations=int8_static,input_range=percentile,input_p=99", 0.225630354, 0.02);
    kl("int8:method=smooth,activations=int8_dynamic", 7.63161815e-06, 0.35);
    kl("llm_int8", 2.22760456e-05, 0.35);
    addFactRow(R"({"fact": "products_that_fit", "bits": 16})", 2);       // 127² = 16129
    addFactRow(R"({"fact": "products_that_fit", "bits": 32})", 133144);  // ⌊(2³¹ − 1) / 16129⌋
  }
  void activations() { checkFactRow(); }

  void whatProductsRunIn() {
    QCOMPARE(factText(R"({"fact": "products_run_in", "scheme": "int8"})"), std::string("floats"));
    QCOMPARE(factText(R"({"fact": "products_run_in", "scheme": "int8:activations=int8_dynamic"})"),
             std::string("integers"));
    QCOMPARE(factText(R"({"fact": "products_run_in", "scheme": "int8:activations=fp8_dynamic"})"),
             std::string("floats"));
  }

  void patterns() {
    const auto code = [](const char* json) { return std::get<Pattern>(factValue(json)).code; };
    QCOMPARE(code(R"({"fact": "code", "format": "fp32", "value": "0.45892"})"), std::uint64_t{0x3eeaf790});
    QCOMPARE(code(R"({"fact": "code", "format": "fp32", "value": -1})"), std::uint64_t{0xbf800000});
    QCOMPARE(code(R"({"fact": "code", "format": "bf16", "value": "0.45892"})"), std::uint64_t{0x3eeb});
    QCOMPARE(code(R"({"fact": "cut_code", "from": "fp32", "format": "bf16", "value": "0.45892"})"),
             std::uint64_t{0x3eea});
  }

  void wordsAndChoices() {
    const auto text = [](const char* json) { return QString::fromStdString(std::get<std::string>(factValue(json))); };
    QCOMPARE(text(R"({"fact": "exact_digits", "format": "fp64", "value": "0.1"})"),
             QStringLiteral("0.1000000000000000055511151231257827021181583404541015625"));
    QCOMPARE(text(R"({"fact": "rounding_side", "format": "fp64", "value": "0.1"})"), QStringLiteral("above"));
    QCOMPARE(text(R"({"fact": "rounding_side", "format": "fp16", "value": "0.1"})"), QStringLiteral("below"));
    QCOMPARE(text(R"({"fact": "rounding_side", "format": "fp64", "value": "0.5"})"), QStringLiteral("exact"));
    QCOMPARE(text(R"({"fact": "sum_equals", "format": "fp64", "a": "0.1", "b": "0.2", "c": "0.3"})"),
             QStringLiteral("no"));
    QCOMPARE(text(R"({"fact": "sum_equals", "format": "fp32", "a": "0.1", "b": "0.2", "c": "0.3"})"),
             QStringLiteral("yes"));  // as C computes with floats
    QCOMPARE(text(R"({"fact": "widest_format", "formats": ["fp16", "bf16"]})"), QStringLiteral("bf16"));
    QCOMPARE(text(R"({"fact": "nearest_format", "formats": ["fp16", "bf16"], "value": 0.1})"), QStringLiteral("fp16"));
    QCOMPARE(text(R"({"fact": "smallest_scheme", "schemes": ["q4_0", "mxfp4", "q4_k"]})"), QStringLiteral("mxfp4"));
    // 32B in 4 bits beside a modest context on 24 GB (64 layers, 8 heads of 128), and in 16 bits.
    QCOMPARE(
        text(R"({"fact": "fits_card", "parameters": 32, "scheme": "q4_0", "card": 24, "context": 8192, "layers": 64,
                      "kv_heads": 8, "head_size": 128})"),
        QStringLiteral("yes"));
    QCOMPARE(text(R"({"fact": "fits_card", "parameters": 32, "scheme": "bf16", "card": 24})"), QStringLiteral("no"));
    QCOMPARE(text(R"({"fact": "fits_card", "parameters": 7, "scheme": "nf4:double=on", "card": 6})"),
             QStringLiteral("yes"));
    QCOMPARE(text(R"({"fact": "fits_card", "model": "llama-2-7b", "scheme": "bf16", "card": 6})"),
             QStringLiteral("no"));
  }

  // 0.45892 → 58 → 0.457 for maxima from 0.9996 to 1.0018 only; 58 alone from 0.9963 to 1.0136.
  void maximaOfTheWorkedExample() {
    const auto both = std::get<Interval>(factValue(
        R"({"fact": "maxima_of_code", "scheme": "int8", "value": 0.45892, "code": 58, "decoded": 0.457, "places": 3})"));
    QVERIFY2(std::fabs(both.low - 0.9996) < 5e-5 && std::fabs(both.high - 1.0018) < 5e-5,
             qPrintable(QStringLiteral("%1 %2").arg(both.low, 0, 'f', 6).arg(both.high, 0, 'f', 6)));
    const auto alone =
        std::get<Interval>(factValue(R"({"fact": "maxima_of_code", "scheme": "int8", "value": 0.45892, "code": 58})"));
    QVERIFY2(std::fabs(alone.low - 0.9963) < 5e-5 && std::fabs(alone.high - 1.0136) < 5e-5,
             qPrintable(QStringLiteral("%1 %2").arg(alone.low, 0, 'f', 6).arg(alone.high, 0, 'f', 6)));
  }

  // The zero-point is 127.5; rounded to 128, what stood at 1 comes back half a step smaller.
  void roundingTheZeroPointCostsHalfAStep() {
    const double step = factNumber(R"({"fact": "step_size", "scheme": "int8:range=minmax", "values": [-1, 1]})");
    const double low =
        factNumber(R"({"fact": "weight_error", "scheme": "int8:range=minmax", "values": [-1, 1], "index": 0})");
    const double high =
        factNumber(R"({"fact": "weight_error", "scheme": "int8:range=minmax", "values": [-1, 1], "index": 1})");
    QVERIFY(std::fabs(std::fabs(low) - step / 2) < 1e-6);
    QVERIFY(std::fabs(std::fabs(high) - step / 2) < 1e-6);
  }

  void wrongArgumentsAreSentences() {
    const auto problem = [](const char* name, const char* json) {
      return argumentProblem(*findFact(name), FactArguments(nlohmann::json::parse(json)));
    };
    QVERIFY(problem("code", R"({"format": "fp32"})").find("value") != std::string::npos);
    QVERIFY(problem("code", R"({"format": "fp32", "value": 1, "wings": 2})").find("wings") != std::string::npos);
    QVERIFY(problem("error", R"({"scheme": "int8", "distribution": "normal", "count": 64})").empty());
    for (const char* json :
         {R"({"fact": "code", "format": "fp33", "value": 1})", R"({"fact": "code", "format": 32, "value": 1})",
          R"({"fact": "error", "scheme": "int8", "values": []})",
          R"({"fact": "error", "scheme": "int99", "values": [1]})",
          R"({"fact": "error", "scheme": "int8", "distribution": "flat"})", R"({"fact": "error", "scheme": "int8"})",
          R"({"fact": "weight_code", "scheme": "nf4", "values": [1]})",
          R"({"fact": "weight_code", "scheme": "int8", "values": [1], "index": 1})",
          R"({"fact": "error", "scheme": "int8", "tensor": "no.such.tensor"})",
          R"({"fact": "file_size", "model": "llama-9", "recipe": "Q4_0"})",
          R"({"fact": "file_size", "model": "llama-2-7b", "recipe": "Q5_X"})",
          R"({"fact": "model_parameters", "model": "llama-2-7b", "part": "middle"})",
          R"({"fact": "model_size", "scheme": "q4_0"})",
          R"({"fact": "column_ratio", "layer": "blk.9.ffn_down.weight"})",
          R"({"fact": "column_ratio", "layer": "blk.1.ffn_down.weight", "text": "novel"})",
          R"({"fact": "token_scale", "layer": "blk.1.ffn_down.weight", "token": 4096})",
          R"({"fact": "static_scale", "layer": "blk.1.ffn_down.weight", "scheme": "int8"})"}) {
      try {
        static_cast<void>(factValue(json));
        QFAIL(json);
      } catch (const core::Error& error) {
        QVERIFY2(QString::fromUtf8(error.what()).startsWith(QStringLiteral("The fact ")), error.what());
        QVERIFY2(QString::fromUtf8(error.what()).endsWith(u'.'), error.what());
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestLessonFacts)
#include "tst_lesson_facts.moc"
