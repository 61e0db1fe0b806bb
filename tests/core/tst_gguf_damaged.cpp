// A damaged GGUF file opens or is refused with a sentence: no crash, and no allocation beyond the size of the file.
#include <QTest>

#include "core/io/gguf.h"
#include "damaged_files.h"

namespace {

/// A small file with metadata of several kinds and three tensors.
FileBytes validFile() {
  return FileBytes::gguf(3, 6)
      .string("general.architecture")
      .u32(8)
      .string("llama")
      .string("general.alignment")
      .u32(4)
      .u32(32)
      .string("llama.attention.layer_norm_rms_epsilon")
      .u32(6)
      .number(1e-5F)
      .string("tokenizer.ggml.add_bos_token")
      .u32(7)
      .number<std::uint8_t>(1)
      .string("tokenizer.ggml.tokens")
      .u32(9)
      .u32(8)
      .u64(4)
      .string("<unk>")
      .string("<s>")
      .string("</s>")
      .string("▁größer")
      .string("nested")
      .u32(9)
      .u32(9)
      .u64(2)
      .u32(4)
      .u64(2)
      .u32(1)
      .u32(2)
      .u32(0)
      .u64(1)
      .number<std::uint8_t>(3)
      .tensor("token_embd.weight", {32, 4}, 0, 0)
      .tensor("blk.0.attn_q.weight", {32, 4}, 2, 512)
      .tensor("blk.0.ffn_down.weight", {256, 2}, 12, 608)
      .padTo(32)
      .zeros(512 + 96 + 288);
}

const OpenFunction kOpen = [](std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  return core::io::parseGguf(bytes, std::move(owner), "damaged.gguf");
};

}  // namespace

class TestGgufDamaged : public QObject {
  Q_OBJECT
 private slots:
  void theIntactFileOpens();
  void everyTruncationIsRefused();
  void everyByteFlip();
  void lyingCountsAllocateNothing();
};

void TestGgufDamaged::theIntactFileOpens() {
  const FileBytes file = validFile();
  QVERIFY(openDamaged(kOpen, file.bytes(), mostAtOnce(file.bytes()), "intact") == Outcome::Opened);
}

void TestGgufDamaged::everyTruncationIsRefused() { checkEveryTruncation(kOpen, validFile().bytes()); }

void TestGgufDamaged::everyByteFlip() {
  // Flips in names, values and data are harmless; those in magic, version, counts, lengths and types must be noticed.
  const std::size_t refused = countRefusedByteFlips(kOpen, validFile().bytes());
  QVERIFY2(refused > 500, std::to_string(refused).c_str());
}

void TestGgufDamaged::lyingCountsAllocateNothing() {
  for (const std::uint64_t claimed : {1ULL << 20, 1ULL << 31, 1ULL << 40, 1ULL << 63, ~0ULL}) {
    const FileBytes files[] = {
        FileBytes::gguf(claimed, 0).zeros(4096),
        FileBytes::gguf(0, claimed).zeros(4096),
        FileBytes::gguf(0, 1).u64(claimed).zeros(4096),
        FileBytes::gguf(0, 1).string("k").u32(8).u64(claimed).zeros(4096),
        FileBytes::gguf(0, 1).string("k").u32(9).u32(8).u64(claimed).zeros(4096),
        FileBytes::gguf(0, 1).string("k").u32(9).u32(4).u64(claimed).zeros(4096),
        FileBytes::gguf(1, 0).tensor("w", {claimed, claimed}, 0, 0).zeros(4096),
        FileBytes::gguf(1, 0).tensor("w", {claimed}, 0, 0).zeros(4096),
    };
    for (const FileBytes& file : files) {
      QVERIFY(openDamaged(kOpen, file.bytes(), 1024, std::to_string(claimed)) == Outcome::Refused);
    }
  }
}

QTEST_GUILESS_MAIN(TestGgufDamaged)
#include "tst_gguf_damaged.moc"
